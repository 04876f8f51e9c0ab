/** Two connections that meet: one is held just where it matters, and what comes of the other one is looked at. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReceivedRequest } from '../../../src/ports/request-store.ts'
import { DELIVERED, LEASE_MS, NOW, type World } from '../../../src/testing/store-conformance/world.ts'
import { type Base, Bases } from './support.ts'

const bases = Bases.use()
const REVIVED = { to: 'revived', dueAt: NOW } as const

/** A waiting delivery as somebody else's insert leaves it before its commit. */
function waitingRow({ tenantId, targetId }: World, id: string, eventKey: number): string {
  return `insert into $s.pending (id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts,
    schedule_start, created_at) values ('${id}', '${tenantId}', ${eventKey}, 'e', 't', '${targetId}', 'standard', ${NOW},
    0, 0, ${NOW})`
}

async function dueTargets(base: Base): Promise<string[]> {
  return (await base.store.lanes.due(NOW, 10)).map(({ targetId }) => targetId)
}

/** What a prune does to an event of which nothing is pending. */
function pruned(key: number): string[] {
  return [
    `select 1 from $s.events where key = ${key} for update`,
    `delete from $s.ended where event_key = ${key}`,
    `update $s.event_ids set key = null where key = ${key}`,
    `delete from $s.events where key = ${key}`,
  ]
}

/** An event with a delivery that is dead. */
async function dead(base: Base) {
  const { world, store } = base
  const delivery = world.leased()
  const event = world.event()
  const key = await world.publish(event, delivery)
  await store.deliveries.finish([
    world.finish(delivery, { to: 'dead', at: NOW, statusCode: 500, error: 'failed' }),
  ])
  return { delivery, event, key }
}

test('a claim that waits for an insert takes what that has stored', async () => {
  const base = await bases.open()
  const { world } = base
  const key = await world.publish({}, world.delivery({ dueAt: NOW + 5 }))
  const id = world.id('dlv')
  const pull = `update $s.lanes set due_at = ${NOW}`
  await base.holding([waitingRow(world, id, key), pull], async (insert) => {
    const claiming = world.claim([{ targetId: world.targetId, limit: 9 }])
    await base.untilWaiting()
    await insert.commit()
    assert.deepEqual(
      (await claiming).map(({ delivery }) => delivery.id),
      [id],
    )
  })
  assert.equal(await base.store.lanes.nextDueAt(), NOW + 5)
})

for (const [what, time] of [
  ['no time', 'null'],
  ['an earlier time', `${NOW - 99}`],
] as const)
  test(`an insert into a lane with ${what} waits for a claim that is about to settle it`, async () => {
    const base = await bases.open()
    const { world } = base
    await world.publish({}, world.delivery())
    await base.sql(`update $s.lanes set due_at = ${time}`)
    await base.sql('delete from $s.pending where event_key >= 0')
    await base.holding(['select 1 from $s.lanes for update'], async (claim) => {
      const storing = world.publish({}, world.delivery())
      await base.untilWaiting()
      await claim.run('update $s.lanes set due_at = null')
      await claim.commit()
      await storing
    })
    assert.deepEqual(await dueTargets(base), [world.targetId])
  })

test('deliveries that somebody holds are passed over, by claims and by the end of leases', async () => {
  const base = await bases.open()
  const { world, store } = base
  const [held, free] = [world.delivery(), world.delivery({ dueAt: NOW + 1 })]
  const [heldLease, freeLease] = [world.leased(), world.leased()]
  await world.publish({}, held, free, heldLease, freeLease)
  const lock = `select 1 from $s.pending where id in ('${held.id}', '${heldLease.id}') for update`
  await base.holding([lock], async () => {
    const claimed = await world.claim([{ targetId: world.targetId, limit: 9 }], { now: NOW + 1 })
    assert.deepEqual(
      claimed.map(({ delivery }) => delivery.id),
      [free.id],
    )
    assert.equal(await store.lanes.expireLeases(NOW + LEASE_MS, 10), 1)
  })
  // What was passed over has not been forgotten.
  assert.deepEqual(await dueTargets(base), [world.targetId])
  assert.equal(await store.lanes.expireLeases(NOW + LEASE_MS, 10), 1)
})

test('an end that waits for the end of its lease comes too late', async () => {
  const base = await bases.open()
  const { world, store } = base
  const delivery = world.leased()
  await world.publish({}, delivery)
  const expire = 'update $s.pending set lease_token = null, lease_until = null where event_key >= 0'
  for (const transition of [DELIVERED, { to: 'handBack', dueAt: NOW } as const])
    await base.holding([expire], async (sweeper) => {
      const finishing = store.deliveries.finish([world.finish(delivery, transition)])
      await base.untilWaiting()
      await sweeper.commit()
      assert.deepEqual(await finishing, [false])
      await sweeper.run("update $s.pending set lease_token = 'first', lease_until = 9 where event_key >= 0")
    })
  assert.equal((await store.deliveries.get(world.tenantId, delivery.id))?.state, 'pending')
  assert.deepEqual(await store.deliveries.attempts(world.tenantId, delivery.id), [])
})

test('of two ends of one lease that come together one is taken', async () => {
  const base = await bases.open()
  const other = await bases.open({ schema: base.schema })
  for (let round = 0; round < 20; round += 1) {
    const delivery = base.world.leased()
    await base.world.publish({}, delivery)
    const ends = [base, other].map(({ store, world }) =>
      store.deliveries.finish([
        base.world.finish(delivery, DELIVERED, { attempt: world.attempt(delivery.id) }),
      ]),
    )
    assert.deepEqual((await Promise.all(ends)).flat().sort(), [false, true])
    assert.equal((await base.store.deliveries.attempts(base.world.tenantId, delivery.id)).length, 1)
  }
})

test('a change by hand that waits for an end sees what came of it', async () => {
  const base = await bases.open()
  const { world, store } = base
  const delivery = world.delivery()
  await world.publish({}, delivery)
  const columns = `id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts, schedule_start,
    created_at, last_status_code, last_error, replay_id`
  const end = `with gone as (delete from $s.pending where event_key >= 0 returning *)
    insert into $s.ended (${columns}, state, finished_at) select ${columns}, 'delivered', ${NOW} from gone`
  await store.deliveries.finish([world.finish(world.leased(), DELIVERED)])
  await base.holding([end], async (worker) => {
    const changing = store.deliveries.change({
      ...{ tenantId: world.tenantId, id: delivery.id, from: ['pending'] },
      ...{ transition: { to: 'cancelled', at: NOW }, now: NOW },
    })
    await base.untilWaiting()
    await worker.commit()
    const done = await changing
    assert.deepEqual([done?.changed, done?.delivery.state], [false, 'delivered'])
  })
})

test('an id that is removed at the same moment is stored anew', async () => {
  const base = await bases.open()
  const { world, store } = base
  const event = world.event()
  await world.publish(event)
  await base.holding(['delete from $s.event_ids'], async (prune) => {
    const storing = store.events.insert([{ event, deliveries: [] }])
    await base.untilWaiting()
    await prune.commit()
    assert.equal((await storing)[0]?.status, 'stored')
  })
})

test('an id that is stored at the same moment is a duplicate, or a conflict', async () => {
  const base = await bases.open()
  const { world, store } = base
  for (const [hash, status] of [
    ['same', 'duplicate'],
    ['other', 'conflict'],
  ]) {
    const event = world.event({ contentHash: 'same' })
    const other = `insert into $s.event_ids (tenant_id, source_id, id, key, content_hash, fan_out)
      values ('${event.tenantId}', '', '${event.id}', 7, '${hash}', 3)`
    await base.holding([other], async (publisher) => {
      const storing = store.events.insert([{ event, deliveries: [world.delivery()] }])
      await base.untilWaiting()
      await publisher.commit()
      const [result] = await storing
      assert.deepEqual([result?.status, result?.key], [status, 7])
    })
  }
  assert.equal((await store.upkeep.counts()).pending, 0)
})

test('an event that is being added to, or revived, is not pruned', async () => {
  const base = await bases.open()
  const { world, store } = base
  const { key } = await dead(base)
  const held = `select 1 from $s.events where key = ${key} for key share`
  await base.holding([held], async (replay) => {
    assert.equal((await store.upkeep.prune({ before: NOW + 1, now: NOW, limit: 10 })).events, 0)
    await replay.run(waitingRow(world, world.id('dlv'), key))
  })
  assert.equal((await store.upkeep.prune({ before: NOW + 1, now: NOW, limit: 10 })).events, 0)
  assert.equal((await store.deliveries.list(world.deliveryQuery({ eventKey: key }))).length, 2)
})

test('what waits for a prune finds nothing any more', async () => {
  const base = await bases.open()
  const { world, store } = base
  const { key, delivery } = await dead(base)
  await base.holding(pruned(key), async (prune) => {
    const reviving = store.deliveries.change({
      ...{ tenantId: world.tenantId, id: delivery.id, from: ['dead'], transition: REVIVED, now: NOW },
    })
    const adding = store.deliveries.add(key, world.tenantId, [world.delivery()])
    await base.untilWaiting(2)
    await prune.commit()
    assert.equal(await reviving, null)
    assert.equal(await adding, false)
  })
  assert.deepEqual(
    await store.lanes.claim({
      now: NOW,
      lanes: [{ targetId: world.targetId, limit: 9 }],
      leaseToken: 'a',
      leaseUntil: NOW,
    }),
    [],
  )
  assert.equal((await store.upkeep.counts()).pending, 0)
})

test('a redelivery that waits for a prune is a new event', async () => {
  const base = await bases.open()
  const { world, store } = base
  const { key, event } = await dead(base)
  const received: ReceivedRequest = {
    request: {
      ...{ id: world.id('req'), tenantId: world.tenantId, sourceId: world.id('src'), receivedAt: NOW },
      ...{ method: 'POST', url: '/', address: null, verdict: 'accepted', reason: null, status: 202 },
      ...{ secretIndex: 0, eventIds: [event.id], headers: [], body: null },
    },
    events: [{ event, deliveries: [world.delivery()] }],
    onceToken: null,
    onDuplicate: 'deliver',
  }
  await base.holding(pruned(key), async (prune) => {
    const receiving = store.requests.receive([received])
    await base.untilWaiting()
    await prune.commit()
    assert.equal((await receiving)[0]?.verdict, 'accepted')
  })
  assert.equal((await world.claim([{ targetId: world.targetId, limit: 9 }])).length, 1)
})

test('two batches with the same ids in opposite orders do not wait for each other in a circle', async () => {
  const notes: string[] = []
  const logger = { warn: (text: string) => void notes.push(text) }
  const base = await bases.open({ logger })
  const other = await bases.open({ schema: base.schema, logger })
  for (let round = 0; round < 15; round += 1) {
    const batch = Array.from({ length: 40 }, () => base.world.newEvent({}, base.world.delivery()))
    const results = await Promise.all([
      base.store.events.insert(batch),
      other.store.events.insert(batch.toReversed()),
    ])
    const statuses = results.map((one) => one.map(({ status }) => status))
    for (const [index, status] of (statuses[0] ?? []).entries())
      assert.deepEqual([status, statuses[1]?.at(-1 - index)].sort(), ['duplicate', 'stored'])
  }
  assert.deepEqual(notes, [])
})

test('a partition that another process has dropped is made again when it is needed', async () => {
  const base = await bases.open()
  const other = await bases.open({ schema: base.schema })
  const { world } = base
  const [first, old] = [world.leased(), world.leased()]
  await world.publish({}, first)
  await base.store.deliveries.finish([world.finish(first, DELIVERED)])
  const later = NOW + 40 * 86_400_000
  while ((await other.store.upkeep.prune({ before: later, now: later, limit: 10 })).more);
  assert.deepEqual(await base.sql(`select 1 from pg_class where oid = to_regclass('$s.ended_d20468')`), [])
  // Received and made on that day.
  await world.publish({}, old)
  assert.deepEqual(await base.store.deliveries.finish([world.finish(old, DELIVERED)]), [true])
  assert.equal((await base.store.deliveries.get(world.tenantId, old.id))?.state, 'delivered')
})
