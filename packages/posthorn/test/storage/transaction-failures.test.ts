/** Transactions of the application on a bad day, and in the midst of everything else. */
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPosthornError } from '../../src/domain/error.ts'
import type { Store } from '../../src/ports/store.ts'
import type { TransactionStore } from '../../src/ports/transactions.ts'
import { SqliteCore } from '../../src/storage/sqlite/core.ts'
import { openDatabase } from '../../src/storage/sqlite/database.ts'
import { GatheredStore } from '../../src/storage/sqlite/gathered.ts'
import { migrate } from '../../src/storage/sqlite/migrate.ts'
import { MIGRATIONS } from '../../src/storage/sqlite/migrations/all.ts'
import { recover } from '../../src/storage/sqlite/recover.ts'
import { ThreadClient } from '../../src/storage/sqlite/thread-client.ts'
import { DELIVERED, World } from '../../src/testing/store-conformance/world.ts'
import { newFolder } from './support/folder.ts'
import { Shop } from './support/shop.ts'

const signal = new AbortController().signal

function nextTurn(run: () => void): void {
  setImmediate(run)
}

function unavailable(words: RegExp) {
  return (error: unknown) => {
    assert.ok(isPosthornError(error), String(error))
    assert.equal(error.code, 'store_unavailable')
    assert.match(error.message, words)
    return true
  }
}

/** A store in a folder, with its connection, which does not wait for the locks of others. */
function opened(folder: string): { store: Store; transactions: TransactionStore; db: DatabaseSync } {
  const db = openDatabase(folder, 0)
  const report = { migrated: migrate(db, MIGRATIONS, true, folder), checked: false, ...recover(db) }
  const store = new GatheredStore(new SqliteCore(db, null, report), nextTurn).store()
  return { store, transactions: store.transactions as TransactionStore, db }
}

test('a disk that fills up within a transaction leaves nothing of it, whatever is caught', async () => {
  const { store, transactions, db } = opened(newFolder())
  const world = new World(store, 1)
  const delivery = world.leased()
  await world.publish({}, delivery)
  await transactions.run((tx) => tx.run('create table mine (data blob)'), { signal })
  const pages = Number(db.prepare('pragma page_count').get()?.page_count)
  db.exec(`pragma max_page_count = ${pages + 3}`)
  const run = transactions.run(
    async (tx) => {
      await tx.run('insert into mine values (?)', [new Uint8Array(10)])
      const large = tx.run('insert into mine values (?)', [new Uint8Array(1024 * 1024)])
      await assert.rejects(large, unavailable(/SQLITE_FULL/))
      await tx.run('insert into mine values (?)', [new Uint8Array(10)]).catch(() => {})
    },
    { signal, finish: () => world.finish(delivery, DELIVERED) },
  )
  // Whether SQLite rolls back the statement or all of it is its choice; the two parts go together.
  const [outcome] = await Promise.allSettled([run])
  const done = await transactions.run((tx) => tx.all('select 1 from mine'), { signal })
  const rows = done.recorded ? done.value.length : -1
  const delivered = (await store.deliveries.get(world.tenantId, delivery.id))?.state === 'delivered'
  assert.equal(delivered, outcome.status === 'fulfilled')
  assert.equal(rows, delivered ? 2 : 0)
  await store.close()
})

test("another program's lock refuses a transaction before its work begins", async () => {
  const folder = newFolder()
  const { store, transactions } = opened(folder)
  const other = openDatabase(folder, 0)
  other.exec('begin immediate')
  const run = transactions.run(() => assert.fail('began'), { signal })
  await assert.rejects(run, unavailable(/SQLITE_BUSY/))
  other.exec('rollback')
  other.close()
  await transactions.run((tx) => tx.run('create table mine (id)'), { signal })
  await store.close()
})

test('when the thread dies, whoever waits for a transaction is told', async () => {
  const entry = new URL('./support/dying-thread.ts', import.meta.url)
  const { store } = await ThreadClient.open({ dataDir: ':memory:', migrate: true }, nextTurn, entry)
  const transactions = store.transactions as TransactionStore
  const begun = () => assert.fail('began')
  const calls = [
    transactions.run(begun, { signal }),
    transactions.run(begun, { signal }),
    store.upkeep.ping(),
  ]
  for (const result of await Promise.allSettled(calls)) {
    assert.equal(result.status, 'rejected')
    assert.ok(unavailable(/thread ended/)(result.reason))
  }
  await store.close()
})

const ENDS = ['commit', 'throw', 'abort', 'lost lease', 'broken'] as const

for (const thread of [false, true])
  test(`transactions among other calls: each whole or not at all (thread: ${thread})`, async () => {
    const shop = await Shop.open({ thread })
    let number = 0
    const plans = fc.array(fc.tuple(fc.constantFrom(...ENDS), fc.integer({ min: 0, max: 4 })), {
      maxLength: 8,
    })
    const property = fc.asyncProperty(plans, async (chosen) => {
      const expected = new Set(await shop.orders())
      const runs = chosen.map(async ([end, writes]) => {
        number += 1
        const name = `order ${number}`
        const published = shop.world.publish({ id: name })
        const delivered = await handle(shop, name, end, writes)
        await published
        assert.equal(delivered, end === 'commit')
        if (end === 'commit') for (let one = 0; one < writes; one += 1) expected.add(`${name}/${one}`)
      })
      await Promise.all(runs)
      assert.deepEqual(new Set(await shop.orders()), expected)
    })
    await fc.assert(property, { numRuns: 25 })
    await shop.close()
  })

/** One transaction with so many rows. @returns whether its delivery was delivered by it */
async function handle(
  shop: Shop,
  name: string,
  end: (typeof ENDS)[number],
  writes: number,
): Promise<boolean> {
  const delivery = await shop.leased()
  const ending = new AbortController()
  const leaseToken = end === 'lost lease' ? 'of another' : 'first'
  const run = shop.transaction(
    async (tx) => {
      for (let one = 0; one < writes; one += 1)
        await tx.run('insert into orders (id) values (?)', [`${name}/${one}`])
      if (end === 'throw') throw new Error('on purpose')
      if (end === 'abort') ending.abort(new Error('on purpose'))
      if (end === 'broken')
        await tx.run("insert or rollback into orders (id, note) values ('x', ''), ('x', '')").catch(() => {})
    },
    { signal: ending.signal, finish: () => shop.world.finish(delivery, DELIVERED, { leaseToken }) },
  )
  const [outcome] = await Promise.allSettled([run])
  const recorded = outcome.status === 'fulfilled' && outcome.value.recorded
  assert.equal(recorded, (await shop.stateOf(delivery)) === 'delivered')
  return recorded
}
