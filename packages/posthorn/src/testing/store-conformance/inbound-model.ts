import type { RequestId } from '../../domain/ids.ts'
import type { Verdict } from '../../domain/inbound-request.ts'
import type { ReceivedRequest } from '../../ports/request-store.ts'

interface KnownEvent {
  /** Tells apart two events of the same id, one stored after the other was removed. */
  readonly birth: number
  readonly hash: string
  readonly text: string
  readonly receivedAt: number
  readonly dedupeUntil: number
  busy: boolean
}

interface KnownRequest {
  readonly id: RequestId
  readonly receivedAt: number
  readonly verdict: Verdict
  /** Kept with the request itself. */
  readonly body: string | null
  /** Births of the events that it brought, or of the one that it repeats. */
  readonly brought: readonly number[]
  readonly repeats: readonly number[]
}

const decoder = new TextDecoder()

/** What a store is supposed to know of one source, in plain maps. */
export class InboundModel {
  readonly events = new Map<string, KnownEvent>()
  readonly remembered = new Map<string, { hash: string; until: number }>()
  readonly tokens = new Map<string, number>()
  readonly requests = new Map<RequestId, KnownRequest>()
  #births = 0

  /** @returns the verdict and what became of each event */
  receive({ request, events, onceToken, onDuplicate }: ReceivedRequest): [Verdict, string[]] {
    const now = request.receivedAt
    const first = events[0]?.event
    const isUsed = onceToken !== null && (this.tokens.get(onceToken) ?? 0) > now
    if (onceToken !== null && !isUsed) this.tokens.set(onceToken, first?.dedupeUntil ?? 0)
    const seen = new Set<number>()
    const [brought, repeats]: [number[], number[]] = [[], []]
    let isElsewhere = events.length > 1
    const statuses = events.map(({ event, deliveries }) => {
      if (isUsed) return 'duplicate'
      const memory = this.remembered.get(event.id)
      if (memory !== undefined && memory.until > now && onDuplicate === 'skip')
        return memory.hash === event.contentHash ? 'duplicate' : 'conflict'
      const known = this.events.get(event.id)
      if (known === undefined) {
        this.#births += 1
        this.remembered.delete(event.id)
        this.events.set(event.id, {
          birth: this.#births,
          hash: event.contentHash,
          text: decoder.decode(event.data),
          receivedAt: now,
          dedupeUntil: event.dedupeUntil ?? 0,
          busy: deliveries.length > 0,
        })
        seen.add(this.#births)
        brought.push(this.#births)
        isElsewhere = true
        return 'stored'
      }
      repeats.push(known.birth)
      if (known.hash === event.contentHash) isElsewhere = true
      const again = onDuplicate === 'deliver' && !seen.has(known.birth)
      seen.add(known.birth)
      if (again) known.busy ||= deliveries.length > 0
      if (again) return 'redelivered'
      return known.hash === event.contentHash ? 'duplicate' : 'conflict'
    })
    const verdict = (['stored', 'redelivered'] as const).find((status) => statuses.includes(status))
    const named = verdict === 'stored' ? 'accepted' : (verdict ?? 'duplicate')
    const own = request.body ?? (isElsewhere ? null : (first?.data ?? null))
    this.requests.set(request.id, {
      ...{ id: request.id, receivedAt: now, verdict: named, brought, repeats },
      body: own === null ? null : decoder.decode(own),
    })
    return [named, statuses]
  }

  note(id: RequestId, receivedAt: number, verdict: Verdict, keep: number): void {
    this.requests.set(id, { id, receivedAt, verdict, body: null, brought: [], repeats: [] })
    for (const kind of ['refused', 'handshake'])
      for (const old of this.listed()
        .filter((each) => each.verdict === kind)
        .slice(keep))
        this.requests.delete(old.id)
  }

  /** Newest first. */
  listed(): KnownRequest[] {
    return [...this.requests.values()].sort((a, b) => (a.id > b.id ? -1 : 1))
  }

  prune(before: number, now: number): void {
    for (const [id, { until }] of this.remembered) if (until <= now) this.remembered.delete(id)
    for (const [token, until] of this.tokens) if (until <= now) this.tokens.delete(token)
    for (const [id, event] of this.events)
      if (event.receivedAt < before && !event.busy) {
        this.events.delete(id)
        if (event.dedupeUntil > now) this.remembered.set(id, { hash: event.hash, until: event.dedupeUntil })
      }
    for (const request of this.requests.values())
      if (request.receivedAt < before && !this.#holds(request.brought)) {
        // Whether an event that it only repeats holds it too is left to the store.
        if (!this.#holds(request.repeats)) this.requests.delete(request.id)
      }
  }

  /** It may be there or not: old, and an event that it repeats, but did not bring alone, is left. */
  isOpen({ receivedAt, brought, repeats }: KnownRequest, before: number): boolean {
    return receivedAt < before && !this.#holds(brought) && this.#holds(repeats)
  }

  #holds(births: readonly number[]): boolean {
    return [...this.events.values()].some(({ birth }) => births.includes(birth))
  }

  /** The body as it is to be read now. */
  bodyOf({ body, brought, repeats }: KnownRequest): string | null {
    const [birth] = [...brought, ...repeats]
    return body ?? [...this.events.values()].find((event) => event.birth === birth)?.text ?? null
  }
}
