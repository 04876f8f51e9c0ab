/** What a claim costs on a store: looking for lanes that are due, claiming from them, recording success. */
import type { DeliveryId, TargetId, TenantId } from '../packages/posthorn/src/domain/ids.ts'
import { makeId } from '../packages/posthorn/src/domain/ids.ts'
import type { NewEvent } from '../packages/posthorn/src/ports/insert.ts'
import type { Store } from '../packages/posthorn/src/ports/store.ts'
import { systemClock } from '../packages/posthorn/src/system/clock.ts'
import { SystemRandom } from '../packages/posthorn/src/system/random.ts'
import { median } from './figures.ts'
import { scaled } from './scale.ts'

/** In one claim. */
export const CLAIMED = 100
const BATCH = 500
const ROUNDS = scaled(60)
const TENANT: TenantId = 'ten_bench'
const LANES = Array.from({ length: 20 }, (_, index): TargetId => `sub_${index}`)
const random = new SystemRandom()
const data = Buffer.from(`{"padding":"${'x'.repeat(200)}"}`)

function event(index: number, lease: { token: string; until: number } | null): NewEvent {
  const now = systemClock.now()
  const id = makeId('dlv', now, random.bytes(10))
  const eventId = makeId('evt', now, random.bytes(10))
  const targetId = LANES[index % LANES.length] ?? 'sub_0'
  return {
    event: {
      tenantId: TENANT,
      sourceId: null,
      id: eventId,
      type: 'a.b',
      contentType: 'application/json',
      data,
      contentHash: '',
      occurredAt: now,
      receivedAt: now,
      requestId: null,
      trace: null,
      dedupeUntil: null,
    },
    deliveries: [{ id, targetId, format: 'standard', dueAt: now, createdAt: now, replayId: null, lease }],
  }
}

/** Events whose deliveries have ended. */
export async function history(store: Store, rows: number): Promise<void> {
  for (let made = 0; made < rows; made += BATCH) {
    const lease = { token: 'bench', until: systemClock.now() + 60_000 }
    const batch = Array.from({ length: BATCH }, (_, index) => event(made + index, lease))
    await store.events.insert(batch)
    await deliver(
      store,
      batch.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)),
      'bench',
    )
  }
}

async function deliver(store: Store, ids: readonly DeliveryId[], leaseToken: string): Promise<void> {
  const at = systemClock.now()
  const rest = {
    durationMs: 1,
    outcome: 'success',
    statusCode: 200,
    errorCode: null,
    errorDetail: null,
  } as const
  const finished = ids.map((deliveryId) => ({
    deliveryId,
    leaseToken,
    transition: { to: 'delivered', at, statusCode: 200 } as const,
    attempt: {
      id: makeId('att', at, random.bytes(10)),
      deliveryId,
      number: 1,
      startedAt: at,
      ...rest,
      responseBody: Buffer.from('ok'),
      responseTruncated: false,
      exchange: null,
    },
  }))
  await store.deliveries.finish(finished)
}

/** The median, milliseconds. */
export async function claimMs(store: Store): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    await store.events.insert(Array.from({ length: CLAIMED }, (_, index) => event(index, null)))
    const now = systemClock.now()
    const started = performance.now()
    const due = await store.lanes.due(now, 100)
    const lanes = due.map(({ targetId }) => ({ targetId, limit: CLAIMED / LANES.length }))
    const claimed = await store.lanes.claim({
      now,
      lanes,
      leaseToken: `round-${round}`,
      leaseUntil: now + 60_000,
    })
    await deliver(
      store,
      claimed.map(({ delivery }) => delivery.id),
      `round-${round}`,
    )
    times.push(performance.now() - started)
    if (claimed.length !== CLAIMED) throw new Error(`claimed ${claimed.length} of ${CLAIMED}`)
  }
  return median(times)
}
