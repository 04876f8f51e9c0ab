import { type Flaw, isPosthornError, PosthornError } from '../../domain/error.ts'
import { filterListFlaws } from '../../domain/filter.ts'
import {
  ID_RANDOM_BYTES,
  makeId,
  type ReplayId,
  type SubscriptionId,
  type TenantId,
} from '../../domain/ids.ts'
import type { Replay } from '../../domain/records.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { ReplayCandidate, Store } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Directory } from '../directory/directory.ts'
import type { TenantView } from '../directory/tenant-view.ts'
import type { HeavyReads } from '../insight/heavy-reads.ts'
import { notFound } from '../not-found.ts'
import { Orders } from '../orders.ts'
import type { Changes } from '../peers/changes.ts'
import { newDelivery } from '../publish/new-records.ts'
import type { Page, PageRequest, ReplayRequest, ReplayUseCases } from '../use-cases.ts'
import type { Claimer } from './claimer.ts'
import { replayChoice, typesOf } from './replay-choice.ts'

export interface ReplaysParts {
  readonly store: Pick<Store, 'replays'>
  readonly directory: Directory
  readonly changes: Changes
  readonly claimer: Claimer
  readonly heavy: HeavyReads
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** Looks this often for replays that another process began and did not finish. @default 5000 */
  readonly everyMs?: number
}

/** One step is one commit of this many events looked at: progress is never more than a step behind. */
const EVENTS_A_STEP = 500
/** A preview looks at so many events: some tenths of a second. */
const PREVIEWED_MAX = 50_000

/**
 * Replays of a subscription: durable orders, worked off in steps. New deliveries and the order's progress are one
 * commit, so a crash neither skips an event nor doubles one. Of several processes that work at one replay each step is
 * made by one; the others then leave it to that one until their next round.
 */
export class Replays implements ReplayUseCases {
  readonly #parts: ReplaysParts
  readonly #orders: Orders<Replay>

  constructor(parts: ReplaysParts) {
    const { changes, clock, telemetry, everyMs } = parts
    this.#parts = parts
    this.#orders = new Orders({
      ...{ kind: 'replay', records: parts.store.replays, changes, clock, telemetry, everyMs },
      step: (order) => this.#step(order),
    })
  }

  /** Begins to work off what was begun before, and what comes. */
  open(): Promise<void> {
    return this.#orders.open()
  }

  stop(): Promise<void> {
    return this.#orders.stop()
  }

  async start(tenantId: TenantId, subscriptionId: SubscriptionId, request: ReplayRequest): Promise<Replay> {
    const { replay } = await this.#begun(tenantId, subscriptionId, request)
    await this.#orders.begin(replay)
    return replay
  }

  async preview(
    tenantId: TenantId,
    subscriptionId: SubscriptionId,
    request: ReplayRequest,
  ): Promise<{ events: number; complete: boolean }> {
    const { replay, subscription, view } = await this.#begun(tenantId, subscriptionId, request)
    const fits = replayChoice(replay, subscription, view)
    return await this.#parts.heavy.run(tenantId, () => this.#count(replay, fits))
  }

  async #count(replay: Replay, fits: (candidate: ReplayCandidate) => boolean) {
    let [events, cursor] = [0, replay.cursor]
    for (let looked = 0; looked < PREVIEWED_MAX; looked += EVENTS_A_STEP) {
      const candidates = await this.#parts.store.replays.scan({ ...replay, cursor }, EVENTS_A_STEP)
      events += candidates.filter(fits).length
      cursor = candidates.at(-1)?.eventKey ?? cursor
      if (candidates.length < EVENTS_A_STEP) return { events, complete: true }
    }
    return { events, complete: false }
  }

  async #begun(tenantId: TenantId, subscriptionId: SubscriptionId, request: ReplayRequest) {
    const { clock, random, directory } = this.#parts
    const view = await directory.tenantView(tenantId)
    const subscription = view.subscriptions.get(subscriptionId)
    if (subscription === undefined) throw notFound('subscription', subscriptionId)
    if (!subscription.active)
      throw new PosthornError(
        'state_conflict',
        `The subscription ${subscriptionId} is not active. Enable it first.`,
      )
    const now = clock.now()
    // The end is not part of the span; what was accepted in this very millisecond is.
    const until = request.until ?? now + 1
    refuseFlaws(request, until, subscription)
    const replay: Replay = {
      id: makeId('rpl', now, random.bytes(ID_RANDOM_BYTES)),
      tenantId,
      subscriptionId,
      since: request.since,
      until,
      states: request.states,
      eventTypes: request.eventTypes,
      state: 'running',
      cursor: 0,
      created: 0,
      scanned: 0,
      createdAt: now,
      finishedAt: null,
    }
    return { replay, subscription, view }
  }

  get(tenantId: TenantId, id: ReplayId): Promise<Replay> {
    return this.#orders.get(tenantId, id)
  }

  list(tenantId: TenantId, request: PageRequest): Promise<Page<Replay>> {
    return this.#orders.list(tenantId, request)
  }

  cancel(tenantId: TenantId, id: ReplayId): Promise<Replay> {
    return this.#orders.cancel(tenantId, id)
  }

  /** @returns the replay after one step; null when somebody else moved or cancelled it. */
  async #step(replay: Replay): Promise<Replay | null> {
    const { store, claimer, clock, telemetry } = this.#parts
    const view = await this.#view(replay)
    const subscription = view?.subscriptions.get(replay.subscriptionId)
    if (view === null || subscription === undefined) return this.#giveUp(replay)
    const candidates = await store.replays.scan(replay, EVENTS_A_STEP)
    const wanted = candidates.filter(replayChoice(replay, subscription, view))
    const deliveries = wanted.map(({ eventKey }) => ({
      eventKey,
      delivery: newDelivery(this.#parts, subscription, { replayId: replay.id }),
    }))
    const done = candidates.length < EVENTS_A_STEP
    const next: Replay = {
      ...replay,
      cursor: candidates.at(-1)?.eventKey ?? replay.cursor,
      created: replay.created + deliveries.length,
      scanned: replay.scanned + candidates.length,
      state: done ? 'done' : 'running',
      finishedAt: done ? clock.now() : null,
    }
    if (!(await store.replays.advance(next, replay.cursor, deliveries))) return null
    telemetry.record({
      name: 'replay.advanced',
      tenantId: replay.tenantId,
      replayId: replay.id,
      created: next.created,
      done,
    })
    if (deliveries.length > 0) claimer.leftInStore(replay.subscriptionId)
    return next
  }

  /** null: the tenant is gone. */
  async #view({ tenantId }: Replay): Promise<TenantView | null> {
    try {
      return await this.#parts.directory.tenantView(tenantId)
    } catch (error) {
      if (isPosthornError(error) && error.code === 'not_found') return null
      throw error
    }
  }

  async #giveUp(replay: Replay): Promise<null> {
    await this.cancel(replay.tenantId, replay.id)
    return null
  }
}

function refuseFlaws({ since, eventTypes }: ReplayRequest, until: number, subscription: Subscription): void {
  const typeFlaws = eventTypes === null ? [] : filterListFlaws(eventTypes, typesOf(subscription))
  const flaws: Flaw[] = typeFlaws.map(({ index, message }) => ({
    path: index === null ? '/event_types' : `/event_types/${index}`,
    message,
  }))
  if (!Number.isSafeInteger(since)) flaws.push({ path: '/since', message: 'is not an instant' })
  if (!Number.isSafeInteger(until)) flaws.push({ path: '/until', message: 'is not an instant' })
  if (until <= since) flaws.push({ path: '/until', message: 'must be later than since' })
  const [first] = flaws
  if (first !== undefined)
    throw new PosthornError('invalid_request', `${first.path.slice(1)} ${first.message}.`, { flaws })
}
