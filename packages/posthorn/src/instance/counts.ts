import type { Happening } from '../ports/telemetry.ts'
import { type CounterName, METRICS } from './metrics.ts'
import { BoundedNames, CountedSeries } from './series.ts'

/** Of event types, and of sources: the pages and alerts of an operator name a few dozen. */
const NAMES_MAX = 200
/** No retry policy of ours goes further with a series each; `10+` is all the rest. */
const ATTEMPTS = Array.from({ length: 10 }, (_, index) => (index === 9 ? '10+' : String(index + 1)))

/** Reasons that say that nobody has proved who he is, or that he sent this now. */
const SIGNATURE = /^(?:signature|timestamp|key|id|header)_(?!unavailable)/

/** What happened so far, by metric. */
export class Counts {
  readonly types = new BoundedNames(NAMES_MAX)
  readonly #sources = new BoundedNames(NAMES_MAX)
  readonly #series = new Map<CounterName, CountedSeries>(
    Object.entries(METRICS).flatMap(([name, { kind, by }]) =>
      kind === 'counter' ? [[name as CounterName, new CountedSeries(by)]] : [],
    ),
  )

  of(name: CounterName): CountedSeries {
    return this.#series.get(name) as CountedSeries
  }

  count(happening: Happening): void {
    switch (happening.name) {
      case 'event.published':
        this.#published(happening)
        break
      case 'inbound.received':
        this.#received(happening)
        break
      case 'delivery.attempted':
        this.#attempted(happening)
        break
      case 'delivery.finished':
        this.#finished(happening)
        break
      default:
        this.#rare(happening)
    }
  }

  #published({ eventType, deliveries, duplicate }: Of<'event.published'>): void {
    const type = this.types.of(eventType)
    if (duplicate) {
      this.of('webhook.duplicate').add(1, '', type)
      return
    }
    this.of('webhook.published').add(1, type)
    if (deliveries > 0) this.of('webhook.enqueued').add(deliveries, type)
  }

  #received({ sourceId, eventType, verdict, deliveries }: Of<'inbound.received'>): void {
    const type = this.types.of(eventType)
    const source = this.#sources.of(sourceId)
    this.of('webhook.received').add(1, source, type)
    if (verdict === 'duplicate') this.of('webhook.duplicate').add(1, source, type)
    else if (deliveries > 0) this.of('webhook.enqueued').add(deliveries, type)
  }

  #attempted({ outcome, targetId, eventType, attempt }: Of<'delivery.attempted'>): void {
    this.of('delivery.attempted').add(1, outcome, targetKind(targetId))
    if (outcome === 'success') return
    const number = ATTEMPTS[Math.min(attempt, ATTEMPTS.length) - 1]
    this.of('webhook.failed').add(1, this.types.of(eventType), number)
  }

  #finished({ state, eventType, targetId }: Of<'delivery.finished'>): void {
    const metric = state === 'delivered' ? 'webhook.processed' : 'delivery.dead'
    this.of(metric).add(1, this.types.of(eventType), targetKind(targetId))
  }

  #rare(happening: Happening): void {
    switch (happening.name) {
      case 'inbound.refused':
        this.#refused(happening)
        break
      case 'inbound.diagnosed':
        this.#diagnosed(happening)
        break
      case 'inbound.handshake':
        this.of('webhook.handshakes').add(1, this.#sources.of(happening.sourceId))
        break
      case 'event.skipped':
        this.#skipped(happening)
        break
      case 'retention.pruned':
        for (const what of ['events', 'deliveries', 'attempts'] as const)
          this.of('retention.pruned').add(happening[what], what)
        break
      case 'replay.advanced':
        this.of('replay.created').add(happening.created)
        break
      case 'store.failed':
        this.of('store.failed').add(1, happening.operation)
        break
      case 'service.failed':
        this.of('service.failed').add(1, happening.service)
        break
      case 'queue.failed':
        this.of('queue.failed').add(happening.count, happening.queue)
        break
      case 'lease.expired':
        this.of('lease.expired').add(happening.count)
        break
      case 'intake.refused':
      case 'delivery.stale':
      case 'target.opened':
      case 'subscription.disabled':
        this.of(happening.name).add(1)
        break
      default:
    }
  }

  #diagnosed({ sourceId, causes }: Of<'inbound.diagnosed'>): void {
    for (const cause of causes) this.of('webhook.diagnosed').add(1, this.#sources.of(sourceId), cause)
  }

  #skipped({ sourceId, eventType }: Of<'event.skipped'>): void {
    const source = sourceId === null ? '' : this.#sources.of(sourceId)
    this.of('webhook.skipped').add(1, source, this.types.of(eventType))
  }

  #refused({ sourceId, reason }: Of<'inbound.refused'>): void {
    const source = this.#sources.of(sourceId)
    this.of('webhook.refused').add(1, source, reason)
    if (SIGNATURE.test(reason)) this.of('webhook.signature_failed').add(1, source, reason)
  }
}

type Of<N extends Happening['name']> = Extract<Happening, { name: N }>

/** What kind of target it was; ids would be a series each. */
function targetKind(targetId: string): 'handler' | 'subscription' {
  return targetId.startsWith('hdl_') ? 'handler' : 'subscription'
}
