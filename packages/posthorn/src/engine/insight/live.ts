import type { Delivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { DeliveryId } from '../../domain/ids.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { Happening, Telemetry } from '../../ports/telemetry.ts'
import type { Changes } from '../peers/changes.ts'
import type { Overviews } from './overview.ts'
import type { LiveNews, LiveTopic, LiveUseCases, LiveWatch } from './use-cases.ts'

export interface LiveParts {
  readonly store: Pick<Store, 'deliveries' | 'events'>
  readonly overviews: Overviews
  readonly changes: Changes
  readonly clock: Clock
  readonly telemetry: Telemetry
}

const EVERY_MS = 1_000
/** After something that this process knows of: soon, but never more often than this. */
const SOON_MS = 250
/** So many new rows in one look: more come anyway, and looking four times a second would cost four times as much. */
const BUSY_ROWS = 20
const OVERVIEW_EVERY_MS = 5_000
const OVERVIEW_WINDOW_MS = 3_600_000
/** Newest rows that are looked at: of more in a second the newest are told. */
const ROWS = 100
const NOTHING = new Uint8Array(0)
const NONE: ReadonlySet<EventKey> = new Set()

interface Listener {
  readonly watch: LiveWatch
  readonly tell: (news: readonly LiveNews[]) => void
  /** What has happened since is news to it, though the first look comes later. Epoch ms. */
  readonly openedAt: number
  /** It has not been told anything yet. */
  fresh: boolean
}

/** All who want the same rows: they are read once. */
interface Group {
  readonly listeners: Set<Listener>
  readonly known: Map<DeliveryId, string>
  /** Of the last look. Not the newest alone: of two processes one commits a lower key later. */
  events: ReadonlySet<EventKey>
  /** By `elapsed()`. */
  overviewAt: number
  changed: boolean
}

/**
 * What is new, for whoever listens. While anybody does, the store is asked once a second, once for each tenant (and
 * subscription) that is listened for; sooner where this process itself has made the news. Rows are compared with those
 * of the last look, so that it does not matter which process has changed them.
 */
export class Live implements LiveUseCases {
  readonly #parts: LiveParts
  readonly #groups = new Map<string, Group>()
  #timer: Timer | null = null
  #nextAt = 0
  #lookedAt = 0
  /** From the end of the last look to the next, at least. */
  #restMs = SOON_MS
  #looking: Promise<void> | null = null
  #stopped = false

  constructor(parts: LiveParts) {
    this.#parts = parts
    parts.changes.listen(({ of }) => this.#changed(of))
  }

  open(watch: LiveWatch, tell: Listener['tell']): () => void {
    const name = `${watch.tenantId} ${watch.subscriptionId ?? ''}`
    const listener: Listener = { watch, tell, openedAt: this.#parts.clock.now(), fresh: true }
    const group = this.#groups.get(name) ?? newGroup()
    this.#groups.set(name, group)
    group.listeners.add(listener)
    this.#plan(0)
    return () => {
      group.listeners.delete(listener)
      if (group.listeners.size === 0 && this.#groups.get(name) === group) this.#groups.delete(name)
      if (this.#groups.size === 0) this.#rest()
    }
  }

  note(happening: Happening): void {
    if (this.#groups.size > 0 && 'tenantId' in happening) this.#plan(SOON_MS)
  }

  /** Resolves when nobody looks any more: the store may be closed then. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#rest()
    this.#groups.clear()
    await this.#looking
  }

  #rest(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  #changed(of: string | null): void {
    for (const [name, group] of this.#groups)
      if (of === 'any' || of === null || name.startsWith(`${of} `)) group.changed = true
    if (this.#groups.size > 0) this.#plan(SOON_MS)
  }

  #plan(delayMs: number): void {
    if (this.#stopped || this.#looking !== null) return
    const { clock } = this.#parts
    const at = Math.max(clock.elapsed() + delayMs, this.#lookedAt + this.#restMs)
    if (this.#timer !== null && this.#nextAt <= at) return
    this.#timer?.cancel()
    this.#nextAt = at
    this.#timer = clock.after(at - clock.elapsed(), () => {
      this.#timer = null
      this.#looking = this.#round().then(() => this.#looked())
    })
  }

  async #round(): Promise<void> {
    const { telemetry } = this.#parts
    this.#restMs = SOON_MS
    for (const group of this.#groups.values())
      try {
        await this.#look(group)
      } catch (error) {
        telemetry.record({ name: 'service.failed', service: 'live', error: String(error) })
      }
  }

  #looked(): void {
    this.#looking = null
    this.#lookedAt = this.#parts.clock.elapsed()
    if (this.#groups.size > 0) this.#plan(EVERY_MS)
  }

  async #look(group: Group): Promise<void> {
    const listeners = [...group.listeners]
    const { changed } = group
    group.changed = false
    try {
      await this.#tell(group, listeners, changed)
    } catch (error) {
      // Nobody was told: the next look finds the same news.
      group.changed ||= changed
      throw error
    }
  }

  async #tell(group: Group, listeners: readonly Listener[], changed: boolean): Promise<void> {
    const [first] = listeners
    if (first === undefined) return
    const wants = (topic: LiveTopic) => listeners.some(({ watch }) => watch.topics.has(topic))
    const at = this.#parts.clock.now()
    const found = wants('deliveries') ? await this.#deliveries(first.watch) : []
    const back = listeners.some(({ fresh, watch }) => fresh && watch.after !== null)
    const before = group.events
    const { keys, events } = wants('events')
      ? await this.#events(first.watch, back ? NONE : before)
      : { keys: before, events: [] }
    const overview = wants('overview') ? await this.#overview(first.watch, group, at) : []
    // The very same for all who listen: whoever makes text of it makes it once.
    const rows = found.map((row) => ({ kind: 'delivery', at, row }) as const)
    const news = rows.filter(({ row }) => group.known.get(row.id) !== markOf(row))
    group.known.clear()
    for (const { row } of rows) group.known.set(row.id, markOf(row))
    group.events = keys
    const seen = listeners.some(({ fresh }) => !fresh)
    if (seen && Math.max(news.length, events.length) >= BUSY_ROWS) this.#restMs = EVERY_MS
    for (const listener of listeners) {
      const { topics } = listener.watch
      const after = listener.watch.after ?? listener.openedAt
      const since = ({ row }: { row: Delivery }) => Math.max(row.createdAt, row.finishedAt ?? 0) >= after
      const told = listener.fresh ? rows.filter(since) : news
      const shown = events.filter(({ row }) =>
        listener.fresh ? row.receivedAt >= after : !before.has(row.key),
      )
      listener.fresh = false
      const all: LiveNews[] = [
        ...(topics.has('events') ? shown : []),
        ...(topics.has('deliveries') ? told : []),
        ...(topics.has('overview') ? overview : []),
        ...(topics.has('changes') && changed ? [{ kind: 'changed', at } as const] : []),
      ]
      if (all.length > 0 && group.listeners.has(listener)) listener.tell(all)
    }
  }

  /** Oldest first. */
  async #deliveries({ tenantId, subscriptionId }: LiveWatch): Promise<Delivery[]> {
    const any = { state: null, eventKey: null, eventType: null, since: null, until: null, before: null }
    const query = { ...any, tenantId, targetId: subscriptionId, limit: ROWS }
    return (await this.#parts.store.deliveries.list(query)).reverse()
  }

  /** Those that are not known, oldest first; at most so many of the newest. */
  async #events({ tenantId }: LiveWatch, known: ReadonlySet<EventKey>) {
    const { store, clock } = this.#parts
    const query = { tenantId, eventType: null, since: null, until: null, before: null, limit: ROWS }
    // Keys alone: the data of those that were told before is not read again.
    const looks = await store.events.search(query, NOTHING)
    const keys = new Set(looks.map(({ key }) => key))
    const unknown = [...keys].filter((key) => !known.has(key))
    const rows = unknown.length === 0 ? [] : await store.events.byKeys(tenantId, unknown, 'listed')
    const at = clock.now()
    const events = rows.sort((a, b) => a.key - b.key).map((row) => ({ kind: 'event', at, row }) as const)
    return { keys, events }
  }

  async #overview({ tenantId }: LiveWatch, group: Group, at: number) {
    const elapsed = this.#parts.clock.elapsed()
    if (elapsed - group.overviewAt < OVERVIEW_EVERY_MS) return []
    group.overviewAt = elapsed
    return [
      { kind: 'overview', at, row: await this.#parts.overviews.get(tenantId, OVERVIEW_WINDOW_MS) } as const,
    ]
  }
}

function newGroup(): Group {
  return {
    ...{ listeners: new Set(), known: new Map(), events: NONE, changed: false },
    overviewAt: Number.NEGATIVE_INFINITY,
  }
}

function markOf({ state, attempts, dueAt }: Delivery): string {
  return `${state} ${attempts} ${dueAt}`
}
