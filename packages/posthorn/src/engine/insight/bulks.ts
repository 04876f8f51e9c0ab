import type { Bulk, BulkItem } from '../../domain/bulk.ts'
import { readCursor } from '../../domain/cursor.ts'
import { PosthornError } from '../../domain/error.ts'
import { type BulkId, type DeliveryId, ID_RANDOM_BYTES, makeId, type TenantId } from '../../domain/ids.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { HandChange, Store } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Claimer } from '../deliver/claimer.ts'
import { Orders } from '../orders.ts'
import { type Page, type PageRequest, page } from '../page.ts'
import type { Changes } from '../peers/changes.ts'
import type { HeavyReads } from './heavy-reads.ts'
import { COUNTED_MAX } from './overview.ts'
import type { BulkInput, BulkUseCases } from './use-cases.ts'

export interface BulksParts {
  readonly store: Pick<Store, 'bulks' | 'deliveries'>
  readonly changes: Changes
  readonly claimer: Pick<Claimer, 'wake'>
  readonly heavy: HeavyReads
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** Looks this often for those that another process began and did not finish. @default 5000 */
  readonly everyMs?: number
}

const IDS_MAX = 1000
/** One commit: it holds the store for some milliseconds. */
const CHANGES_A_STEP = 50

/**
 * The same done to many dead letters: durable orders, worked off in steps like replays. Changes, their results and the
 * order's progress are one commit. From the newest on: what dies again meanwhile is behind it and not done twice.
 */
export class Bulks implements BulkUseCases {
  readonly #parts: BulksParts
  readonly #orders: Orders<Bulk>

  constructor(parts: BulksParts) {
    const { changes, clock, telemetry, everyMs } = parts
    this.#parts = parts
    this.#orders = new Orders({
      ...{ kind: 'bulk', records: parts.store.bulks, changes, clock, telemetry, everyMs },
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

  async start(tenantId: TenantId, { action, ids, filter }: BulkInput): Promise<Bulk> {
    const { clock, random, heavy } = this.#parts
    if ((ids === null) === (filter === null)) throw refused('Give either ids or filter.', '')
    if (ids !== null && (ids.length === 0 || ids.length > IDS_MAX))
      throw refused(`ids has ${ids.length} deliveries; 1 to ${IDS_MAX} are allowed.`, '/ids')
    const now = clock.now()
    const until = filter?.until ?? now + 1
    if (filter?.since != null && filter.since >= until)
      throw refused('until must be later than since.', '/filter/until')
    const begun: Bulk = {
      id: makeId('blk', now, random.bytes(ID_RANDOM_BYTES)),
      ...{ tenantId, action, state: 'running', done: 0, changed: 0, cursor: null },
      ids: ids === null ? null : [...new Set(ids)],
      filter: filter === null ? null : { ...filter, until },
      ...{ matched: 0, createdAt: now, finishedAt: null },
    }
    const count = async () => (await this.#dead(begun, COUNTED_MAX)).length
    const matched = begun.ids?.length ?? (await heavy.run(tenantId, count))
    const bulk: Bulk = { ...begun, matched }
    await this.#orders.begin(bulk)
    return bulk
  }

  get(tenantId: TenantId, id: BulkId): Promise<Bulk> {
    return this.#orders.get(tenantId, id)
  }

  list(tenantId: TenantId, request: PageRequest): Promise<Page<Bulk>> {
    return this.#orders.list(tenantId, request)
  }

  async items(tenantId: TenantId, id: BulkId, { limit, cursor }: PageRequest): Promise<Page<BulkItem>> {
    await this.get(tenantId, id)
    const scope = { list: 'bulk items', filter: { id } }
    const after = cursor === null ? null : (readCursor(scope, cursor) as DeliveryId)
    const found = await this.#parts.store.bulks.items(id, after, limit + 1)
    return page(found, limit, scope, ({ deliveryId }) => deliveryId)
  }

  cancel(tenantId: TenantId, id: BulkId): Promise<Bulk> {
    return this.#orders.cancel(tenantId, id)
  }

  /** @returns it after one step; null when somebody else moved or cancelled it. */
  async #step(bulk: Bulk): Promise<Bulk | null> {
    const { store, claimer, clock } = this.#parts
    const now = clock.now()
    const ids =
      bulk.ids?.slice(bulk.done, bulk.done + CHANGES_A_STEP) ?? (await this.#dead(bulk, CHANGES_A_STEP))
    const transition: Transition =
      bulk.action === 'retry' ? { to: 'revived', dueAt: now } : { to: 'dropped', at: now }
    const { tenantId } = bulk
    const changes = ids.map((id): HandChange => ({ tenantId, id, from: ['dead'], transition, now }))
    const done = bulk.done + ids.length
    const over = bulk.ids === null ? ids.length < CHANGES_A_STEP : done >= bulk.ids.length
    const next: Bulk = {
      ...{ ...bulk, done, cursor: bulk.ids === null ? (ids.at(-1) ?? bulk.cursor) : null },
      ...(over ? { state: 'done', finishedAt: now } : {}),
    }
    const items = await store.bulks.advance(next, bulk.done, changes)
    if (items === null) return null
    if (bulk.action === 'retry' && ids.length > 0) claimer.wake()
    return next
  }

  /** The next ones of a filter, newest first. */
  async #dead({ tenantId, filter, cursor }: Bulk, limit: number): Promise<DeliveryId[]> {
    if (filter === null) return []
    const query = { tenantId, state: 'dead', eventKey: null, before: cursor, limit } as const
    return (await this.#parts.store.deliveries.list({ ...query, ...filter })).map(({ id }) => id)
  }
}

function refused(message: string, path: string): PosthornError {
  return new PosthornError('invalid_request', message, { flaws: [{ path, message }] })
}
