/**
 * The same path with no store: what everything else costs. What finds no slot waits in memory, lane by lane, as it
 * would in the store. Records of configuration live in SQLite's memory.
 */
import type { LeasedDelivery, NewDelivery } from '../../packages/posthorn/src/domain/delivery.ts'
import type { StoredEvent } from '../../packages/posthorn/src/domain/event.ts'
import type { TargetId } from '../../packages/posthorn/src/domain/ids.ts'
import { toDelivery } from '../../packages/posthorn/src/engine/publish/new-records.ts'
import type { InsertResult, NewEvent } from '../../packages/posthorn/src/ports/insert.ts'
import type { ReceivedRequest, ReceiveResult } from '../../packages/posthorn/src/ports/request-store.ts'
import type { ClaimRequest, DueLane, Store } from '../../packages/posthorn/src/ports/store.ts'
import { openSqliteStore } from '../../packages/posthorn/src/storage/sqlite/open.ts'
import { systemClock } from '../../packages/posthorn/src/system/clock.ts'

interface Waiting {
  readonly event: StoredEvent
  readonly delivery: NewDelivery
}

/** Lanes of a store that forgets everything else. */
class MemoryLanes {
  readonly #lanes = new Map<TargetId, Waiting[]>()
  readonly #seen = new Set<string>()
  #key = 0

  insert({ event, deliveries }: NewEvent): InsertResult {
    if (event.sourceId !== null) {
      if (this.#seen.has(event.id)) return { status: 'duplicate', key: 0, deliveries: 0 }
      this.#seen.add(event.id)
    }
    this.#key += 1
    const stored = { ...event, key: this.#key }
    for (const delivery of deliveries) {
      if (delivery.lease !== null) continue
      const lane = this.#lanes.get(delivery.targetId) ?? []
      lane.push({ event: stored, delivery })
      this.#lanes.set(delivery.targetId, lane)
    }
    return { status: 'stored', key: this.#key }
  }

  receive({ events }: ReceivedRequest): ReceiveResult {
    const results = events.map((event) => this.insert(event))
    return { verdict: results.some(({ status }) => status === 'stored') ? 'accepted' : 'duplicate', results }
  }

  due(): DueLane[] {
    return [...this.#lanes].flatMap(([targetId, [first]]) =>
      first === undefined ? [] : [{ targetId, tenantId: first.event.tenantId, at: first.delivery.dueAt }],
    )
  }

  claim({ lanes, leaseToken, leaseUntil }: ClaimRequest): LeasedDelivery[] {
    const lease = { token: leaseToken, until: leaseUntil }
    const taken = lanes.flatMap(({ targetId, limit }) => this.#lanes.get(targetId)?.splice(0, limit) ?? [])
    return taken.map(({ event, delivery }) => ({
      event,
      delivery: toDelivery({ ...delivery, lease }, event, event.key),
    }))
  }
}

export async function openNullStore(): Promise<Store> {
  const nextTurn = (run: () => void) => systemClock.nextTurn(run)
  const memory = await openSqliteStore({ dataDir: ':memory:', nextTurn, thread: false })
  const lanes = new MemoryLanes()
  return {
    ...memory,
    events: { ...memory.events, insert: async (batch) => batch.map((event) => lanes.insert(event)) },
    requests: { ...memory.requests, receive: async (batch) => batch.map((one) => lanes.receive(one)) },
    deliveries: { ...memory.deliveries, finish: async (batch) => batch.map(() => true) },
    lanes: {
      ...memory.lanes,
      due: async () => lanes.due(),
      claim: async (request) => lanes.claim(request),
      nextDueAt: async () => null,
    },
  }
}
