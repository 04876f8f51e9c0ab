/** A day that is old leaves as a whole; one with something pending, or a small one, by its rows. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { NewDelivery } from '../../../src/domain/delivery.ts'
import type { EventRecord } from '../../../src/domain/event.ts'
import type { PruneCount } from '../../../src/ports/store.ts'
import { DELIVERED, NOW } from '../../../src/testing/store-conformance/world.ts'
import { type Base, Bases } from './support.ts'

const bases = Bases.use()
const DAY = 86_400_000
const OLD = NOW - 40 * DAY
const LIMIT = 5
/** Of more than 8 MiB a day is large. */
const LARGE = { events: 40, bytes: 300_000 }
const SMALL = { events: 12, bytes: 10 }

/** Events of a day, each with a delivery that was delivered. */
async function fill(base: Base, at: number, { events, bytes }: { events: number; bytes: number }) {
  const { world, store } = base
  const made: Array<{ event: EventRecord; delivery: NewDelivery; key: number }> = []
  for (let index = 0; index < events; index += 1) {
    const dedupeUntil = index % 2 === 0 ? NOW + DAY : null
    const event = world.event({
      id: world.id('evt', at),
      receivedAt: at,
      data: randomBytes(bytes),
      dedupeUntil,
    })
    const delivery = world.leased({ createdAt: at })
    made.push({ event, delivery, key: await world.publish(event, delivery) })
  }
  await store.deliveries.finish(made.map(({ delivery }) => world.finish(delivery, DELIVERED)))
  return made
}

/** All that one call after the other has removed. */
async function pruneAll(base: Base, before = NOW - 30 * DAY): Promise<PruneCount[]> {
  const counts: PruneCount[] = []
  for (;;) {
    const count = await base.store.upkeep.prune({ before, now: NOW, limit: LIMIT })
    counts.push(count)
    if (!count.more) return counts
  }
}

function events(counts: readonly PruneCount[]): number {
  return counts.reduce((sum, count) => sum + count.events, 0)
}

/** Of one day. */
async function partitions(base: Base, at: number): Promise<string[]> {
  const rows = await base.sql<{ name: string }>(
    `select relname as name from pg_class where relnamespace = '$s'::regnamespace and relkind = 'r'
    and relname like '%\\_d' || $1::text order by relname`,
    Math.floor(at / DAY),
  )
  return rows.map(({ name }) => name)
}

async function rows(base: Base): Promise<Record<string, number>> {
  const [row] = await base.sql<Record<string, number>>(
    `select (select count(*) from $s.events)::integer as events, (select count(*) from $s.ended)::integer as ended,
      (select count(*) from $s.attempts)::integer as attempts, (select count(*) from $s.event_ids)::integer as ids`,
  )
  return row ?? {}
}

test('a large day leaves at once, with its partitions; what must be remembered is', async () => {
  const base = await bases.open()
  const { world, store } = base
  const old = await fill(base, OLD, LARGE)
  await fill(base, NOW - DAY, SMALL)
  const [kept, forgotten] = old
  assert.ok(kept && forgotten)
  // A replay of the first event, made on another day.
  const replayed = world.leased({ createdAt: NOW - 2 * DAY })
  await store.deliveries.add(kept.key, world.tenantId, [replayed])
  await store.deliveries.finish([world.finish(replayed, DELIVERED)])
  assert.equal((await partitions(base, OLD)).length, 3)
  const counts = await pruneAll(base)
  assert.equal(events(counts), LARGE.events)
  assert.ok(
    counts.some((count) => count.events === LARGE.events),
    'it went by its rows',
  )
  assert.deepEqual(await partitions(base, OLD), [])
  assert.deepEqual(await rows(base), {
    ...{ events: SMALL.events, ended: SMALL.events, attempts: SMALL.events },
    ids: SMALL.events + LARGE.events / 2,
  })
  assert.equal(await store.deliveries.get(world.tenantId, replayed.id), null)
  const again = await store.events.insert([kept, forgotten].map(({ event }) => ({ event, deliveries: [] })))
  assert.deepEqual(
    again.map(({ status }) => status),
    ['duplicate', 'stored'],
  )
})

test('a large day with something pending goes by its rows, and that stays with its attempts', async () => {
  const base = await bases.open()
  const { world, store } = base
  const old = await fill(base, OLD, LARGE)
  const [first] = old
  assert.ok(first)
  // Made on that day, of an event of that day; tried once, and still waiting.
  const waiting = world.leased({ createdAt: OLD })
  await store.deliveries.add(first.key, world.tenantId, [waiting])
  const retry = { to: 'retry', dueAt: NOW, statusCode: 500, error: 'failed' } as const
  await store.deliveries.finish([world.finish(waiting, retry)])
  assert.equal(events(await pruneAll(base)), LARGE.events - 1)
  assert.ok(await store.events.get(world.tenantId, null, first.event.id))
  assert.equal((await store.deliveries.attempts(world.tenantId, waiting.id)).length, 1)
  assert.equal((await store.deliveries.list(world.deliveryQuery({ eventKey: first.key }))).length, 2)
  await world.claim([{ targetId: world.targetId, limit: 1 }], { token: 'first' })
  assert.deepEqual(await store.deliveries.finish([world.finish(waiting, DELIVERED)]), [true])
  assert.equal(events(await pruneAll(base)), 1)
  assert.deepEqual(await partitions(base, OLD), [])
})

test('a day that somebody looks at stays for another time, and holds up nobody', async () => {
  const base = await bases.open()
  await fill(base, OLD, LARGE)
  const day = Math.floor(OLD / DAY)
  await base.holding([`select 1 from $s.events_d${day}`], async () => {
    const counts = await pruneAll(base)
    assert.equal(events(counts), 0)
    assert.deepEqual(await fill(base, NOW, SMALL).then((made) => made.length), SMALL.events)
  })
  assert.equal(events(await pruneAll(base)), LARGE.events)
  assert.deepEqual(await partitions(base, OLD), [])
})

test('processes that prune at the same time remove everything once', async () => {
  const base = await bases.open()
  const others = await Promise.all([bases.open({ schema: base.schema }), bases.open({ schema: base.schema })])
  await fill(base, OLD, LARGE)
  await fill(base, OLD + DAY, SMALL)
  let gone = 0
  for (let round = 0; round < 30 && gone < LARGE.events + SMALL.events; round += 1)
    for (const counts of await Promise.all([base, ...others].map((one) => pruneAll(one))))
      gone += events(counts)
  assert.equal(gone, LARGE.events + SMALL.events)
  await pruneAll(base)
  assert.deepEqual([...(await partitions(base, OLD)), ...(await partitions(base, OLD + DAY))], [])
  const left = await rows(base)
  assert.deepEqual([left.events, left.ended, left.attempts], [0, 0, 0])
})

test("what a process left behind that died while it dropped a day is in nobody's way", async () => {
  const base = await bases.open()
  const { world, store } = base
  await fill(base, OLD, SMALL)
  await pruneAll(base)
  const day = Math.floor(OLD / DAY)
  // Detached, not dropped: as it is between the two steps.
  await base.sql(`create table $s.events_d${day} (like $s.events including all)`)
  await base.sql(`create table $s.ended_d${day} (like $s.ended including all)`)
  const [other] = await Promise.all([bases.open({ schema: base.schema })])
  const made = await fill(other as Base, OLD, SMALL)
  assert.equal(made.length, SMALL.events)
  const [first] = made
  assert.equal(
    (
      await store.deliveries.get(
        other?.world.tenantId ?? world.tenantId,
        first?.delivery.id ?? world.id('dlv'),
      )
    )?.state,
    'delivered',
  )
})
