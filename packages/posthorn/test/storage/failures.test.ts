import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { type ErrorCode, isPosthornError } from '../../src/domain/error.ts'
import type { Store } from '../../src/ports/store.ts'
import type { Call } from '../../src/storage/sqlite/calls.ts'
import { SqliteCore } from '../../src/storage/sqlite/core.ts'
import { openDatabase } from '../../src/storage/sqlite/database.ts'
import { GatheredStore } from '../../src/storage/sqlite/gathered.ts'
import { migrate } from '../../src/storage/sqlite/migrate.ts'
import { MIGRATIONS } from '../../src/storage/sqlite/migrations/all.ts'
import { recover } from '../../src/storage/sqlite/recover.ts'
import { packed, unpacked } from '../../src/storage/sqlite/thread-args.ts'
import { ThreadClient } from '../../src/storage/sqlite/thread-client.ts'
import { Inbound } from '../../src/testing/store-conformance/inbound.ts'
import { DELIVERED, World } from '../../src/testing/store-conformance/world.ts'
import { Child } from './support/child.ts'
import { newFolder, openAt } from './support/folder.ts'

function nextTurn(run: () => void): void {
  setImmediate(run)
}

/** A store in a folder, with its connection, to do to it what a bad day does. */
function opened(folder: string): { store: Store; db: DatabaseSync } {
  const db = openDatabase(folder, 0)
  const report = { migrated: migrate(db, MIGRATIONS, true, folder), checked: false, ...recover(db) }
  return { store: new GatheredStore(new SqliteCore(db, null, report), nextTurn).store(), db }
}

function refused(code: ErrorCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(isPosthornError(error), String(error))
    assert.equal(error.code, code)
    assert.match(error.message, words)
    if (code === 'store_unavailable') assert.equal(error.status, 503)
    return true
  }
}

test('a full disk refuses what does not fit, keeps what was there, and recovers with space', async () => {
  const { store, db } = opened(newFolder())
  const world = new World(store, 1)
  const before = world.event()
  await world.publish(before)
  const pages = Number(db.prepare('pragma page_count').get()?.page_count)
  db.exec(`pragma max_page_count = ${pages + 3}`)
  const large = world.newEvent({ data: new Uint8Array(1024 * 1024) })
  const [failed, beside] = await Promise.allSettled([
    store.events.insert([large]),
    store.events.insert([world.newEvent({ id: 'small' })]),
  ])
  assert.equal(failed.status, 'rejected')
  assert.ok(refused('store_unavailable', /SQLITE_FULL.*disk is full/)(failed.reason))
  // The one beside it may have fitted or not; what it was told must be so.
  const found = await store.events.get(world.tenantId, null, 'small')
  assert.equal(found !== null, beside.status === 'fulfilled')
  assert.ok(await store.events.get(world.tenantId, null, before.id))
  assert.equal(await store.events.get(world.tenantId, null, large.event.id), null)
  db.exec(`pragma max_page_count = ${pages + 10_000}`)
  await store.events.insert([large])
  assert.ok(await store.events.get(world.tenantId, null, large.event.id))
  await store.close()
})

test("another program's lock refuses writes, lets reads pass, and is over when it lets go", async () => {
  const folder = newFolder()
  const { store } = opened(folder)
  const world = new World(store, 1)
  await world.publish({ id: 'first' })
  const other = new DatabaseSync(join(folder, 'posthorn.db'))
  other.exec('begin immediate')
  const [write, read] = await Promise.allSettled([
    store.events.insert([world.newEvent({})]),
    store.events.get(world.tenantId, null, 'first'),
  ])
  assert.equal(write.status, 'rejected')
  assert.ok(refused('store_unavailable', /SQLITE_BUSY.*another program/)(write.reason))
  assert.equal(read.status, 'fulfilled')
  other.exec('rollback')
  other.close()
  await world.publish({})
  await store.close()
})

test('a database that cannot be written refuses and says so', async () => {
  const { store, db } = opened(newFolder())
  db.exec('pragma query_only = on')
  await assert.rejects(store.upkeep.ping(), refused('store_unavailable', /SQLITE_READONLY/))
  db.exec('pragma query_only = off')
  await store.upkeep.ping()
  await store.close()
})

test('calls of one turn share one commit, those of the next another', async () => {
  const folder = newFolder()
  const { store, db } = opened(folder)
  const world = new World(store, 1)
  const observer = new DatabaseSync(join(folder, 'posthorn.db'), { readOnly: true })
  const seen: number[] = []
  const count = () => Number(observer.prepare('select count(*) as n from events').get()?.n)
  for (const size of [20, 30]) {
    const calls = Array.from({ length: size }, () => store.events.insert([world.newEvent({})]))
    // The first promise resolves after the commit: whoever shared it is then visible to others too.
    await calls[0]
    seen.push(count())
    await Promise.all(calls)
  }
  assert.deepEqual(seen, [20, 50])
  assert.equal(db.isTransaction, false)
  observer.close()
  await store.close()
})

for (const thread of [false, true]) {
  test(`a closed store refuses every call and may be closed again (thread: ${thread})`, async () => {
    const store = await openAt(newFolder(), { thread })
    const world = new World(store, 1)
    const last = store.events.insert([world.newEvent({})])
    await store.close()
    assert.equal((await last)[0]?.status, 'stored')
    await assert.rejects(store.upkeep.ping(), refused('store_unavailable', /closed/))
    await assert.rejects(store.lanes.nextDueAt(), refused('store_unavailable', /closed/))
    await store.close()
  })

  test(`an error keeps its code and its words (thread: ${thread})`, async () => {
    const store = await openAt(newFolder(), { thread })
    const world = new World(store, 1)
    const taken = world.delivery()
    await world.publish({}, taken)
    await assert.rejects(world.publish({}, taken), refused('internal', /UNIQUE.*deliveries\.id/))
    await assert.rejects(world.publish({ id: '\ud800' }), refused('invalid_request', /event id.*well-formed/))
    await store.close()
  })
}

test('a call that cannot cross to the thread fails alone', async () => {
  const store = await openAt(newFolder(), { thread: true })
  const world = new World(store, 1)
  const odd = { ...world.event(), type: (() => 'x') as unknown as string }
  const [failed, stored] = await Promise.allSettled([
    store.events.insert([{ event: odd, deliveries: [] }]),
    store.events.insert([world.newEvent({})]),
  ])
  assert.equal(failed.status, 'rejected')
  assert.equal(stored.status, 'fulfilled')
  await store.close()
})

test('when the thread dies, those who wait and those who come later are told', async () => {
  const entry = new URL('./support/dying-thread.ts', import.meta.url)
  const { store } = await ThreadClient.open({ dataDir: ':memory:', migrate: true }, nextTurn, entry)
  const waiting = [store.upkeep.ping(), store.lanes.nextDueAt()]
  for (const call of waiting)
    await assert.rejects(call, refused('store_unavailable', /thread ended.*died of a test/))
  await assert.rejects(store.upkeep.ping(), refused('store_unavailable', /thread ended/))
  await store.close()
})

test('a view of a large buffer crosses to the thread without the rest of it', async () => {
  const store = await openAt(newFolder(), { thread: true })
  const world = new World(store, 1)
  const buffer = new Uint8Array(4 * 1024 * 1024).fill(7)
  const event = world.event({ data: buffer.subarray(100, 110) })
  await world.publish(event)
  assert.deepEqual((await store.events.get(world.tenantId, null, event.id))?.data, buffer.slice(100, 110))
  assert.equal(buffer[0], 7)
  await store.close()
})

test('what crosses to the thread is the same there, and all its bytes stand alone', () => {
  const inbound = new Inbound(new World({} as Store, 1))
  const view = new Uint8Array(1000).subarray(10, 20)
  const items = [inbound.event('a', 'a', { data: view }), inbound.event('b', 'b', { data: view })]
  const received = inbound.received(items, { body: view })
  const attempt = inbound.world.attempt('dlv_1', { responseBody: view })
  const finish = { deliveryId: 'dlv_1', leaseToken: 'a', transition: DELIVERED, attempt }
  const calls: Call[] = [
    { port: 'events', method: 'insert', args: [received.events] },
    { port: 'requests', method: 'receive', args: [[received]] },
    { port: 'requests', method: 'note', args: [[received.request], 200] },
    { port: 'deliveries', method: 'finish', args: [[finish]] },
  ]
  for (const call of calls) {
    const crossed = structuredClone(packed(call))
    const sizes = buffersIn(crossed).map(({ byteLength }) => byteLength)
    assert.ok(sizes.length > 0 && sizes.every((size) => size === 10), `${call.method}: ${sizes}`)
    assert.deepEqual(listed(unpacked(crossed)), listed(call))
  }
})

/** As JSON, headers as a list however they come. */
function listed(call: Call): unknown {
  const asList = (key: string, value: unknown) =>
    key === 'headers' && typeof value === 'string' ? JSON.parse(value) : value
  return JSON.parse(JSON.stringify(call, asList))
}

/** The buffers below all bytes in it. */
function buffersIn(value: unknown): ArrayBufferLike[] {
  if (value instanceof Uint8Array) return [value.buffer]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(buffersIn) : []
}

test('a store that nobody waits for does not keep its process alive', async () => {
  const idle = new Child('idle.ts', newFolder())
  await idle.linesRead(1)
  assert.deepEqual(idle.lines, ['listed 1'])
  assert.equal(await idle.ended(), 0)
})
