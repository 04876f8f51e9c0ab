import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, isPosthornError } from '../../src/domain/error.ts'
import type { Transaction } from '../../src/ports/transactions.ts'
import { DELIVERED } from '../../src/testing/store-conformance/world.ts'
import { newFolder, openAt } from './support/folder.ts'
import { Shop } from './support/shop.ts'

function failed(code: ErrorCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(isPosthornError(error), String(error))
    assert.equal(error.code, code)
    assert.match(error.message, words)
    return true
  }
}

for (const thread of [false, true]) {
  const where = thread ? 'in a thread' : 'in the same thread'

  test(`writes of the application and the end of a lease are one commit (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const delivery = await shop.leased()
    const result = await shop.transaction(
      async (tx) => {
        await tx.run('insert into orders (id, note) values (?, ?)', ['a', 'paid'])
        return 'done'
      },
      { finish: () => shop.world.finish(delivery, DELIVERED) },
    )
    assert.deepEqual(result, { recorded: true, value: 'done' })
    assert.deepEqual(await shop.orders(), ['a'])
    assert.equal(await shop.stateOf(delivery), 'delivered')
    assert.equal((await shop.world.store.deliveries.attempts(shop.world.tenantId, delivery.id)).length, 1)
    await shop.close()
  })

  test(`what throws leaves nothing, tables that it made among it (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const delivery = await shop.leased()
    const mine = new TypeError('no such customer')
    const work = async (tx: Transaction) => {
      await tx.run("insert into orders (id) values ('a')")
      await tx.run('create table made_here (id)')
      throw mine
    }
    const finish = () => assert.fail('asked for, though the work had failed')
    await assert.rejects(shop.transaction(work, { finish }), (error) => error === mine)
    assert.deepEqual(await shop.orders(), [])
    assert.equal(await shop.stateOf(delivery), 'pending')
    await assert.rejects(
      shop.transaction((tx) => tx.all('select * from made_here')),
      failed('sql_failed', /no such table: made_here/),
    )
    await shop.close()
  })

  test(`without the lease nothing is written and nothing counts (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const delivery = await shop.leased()
    const result = await shop.transaction(
      async (tx) => {
        await tx.run("insert into orders (id) values ('a')")
        return 'done'
      },
      { finish: () => shop.world.finish(delivery, DELIVERED, { leaseToken: 'of another' }) },
    )
    assert.deepEqual(result, { recorded: false })
    assert.deepEqual(await shop.orders(), [])
    assert.equal(await shop.stateOf(delivery), 'pending')
    assert.deepEqual(await shop.world.store.deliveries.attempts(shop.world.tenantId, delivery.id), [])
    await shop.close()
  })

  test(`an end that cannot be recorded rolls back (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const delivery = await shop.leased()
    const attempt = { ...shop.world.attempt(delivery.id), outcome: 'odd' as 'success' }
    const run = shop.transaction((tx) => tx.run("insert into orders (id) values ('a')"), {
      finish: () => shop.world.finish(delivery, DELIVERED, { attempt }),
    })
    await assert.rejects(run, failed('internal', /CHECK constraint/))
    assert.deepEqual(await shop.orders(), [])
    assert.equal(await shop.stateOf(delivery), 'pending')
    await shop.close()
  })

  test(`other calls wait for its end, and see nothing of it before (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const { store } = shop.world
    const order: string[] = []
    let waiting: Promise<unknown> = Promise.resolve()
    const delivery = await shop.leased()
    await shop.transaction(
      async (tx) => {
        const write = shop.world.publish({ id: 'meanwhile' }).then(() => order.push('written'))
        const look = shop.stateOf(delivery).then((state) => order.push(`looked: ${state}`))
        waiting = Promise.all([write, look])
        for (let count = 0; count < 5; count += 1)
          await tx.run('insert into orders (id) values (?)', [`${count}`])
        order.push('worked')
      },
      { finish: () => shop.world.finish(delivery, DELIVERED) },
    )
    await waiting
    assert.deepEqual(order, ['worked', 'written', 'looked: delivered'])
    assert.ok(await store.events.get(shop.world.tenantId, null, 'meanwhile'))
    await shop.close()
  })

  test(`transactions run one after the other, and other calls between them (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const order: string[] = []
    let open = 0
    const runs = ['one', 'two', 'three'].map((name) =>
      shop.transaction(async (tx) => {
        open += 1
        assert.equal(open, 1)
        order.push(name)
        await tx.run('insert into orders (id) values (?)', [name])
        if (name === 'one') void shop.world.publish({ id: 'between' })
        const [found] = await tx.all("select count(*) as n from events where id = 'between'")
        order.push(`saw ${found?.n}`)
        open -= 1
      }),
    )
    await Promise.all(runs)
    assert.deepEqual(order, ['one', 'saw 0', 'two', 'saw 1', 'three', 'saw 1'])
    assert.deepEqual(await shop.orders(), ['one', 'three', 'two'])
    await shop.close()
  })

  test(`an abort rolls back, says why, and lets the others go on (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const ending = new AbortController()
    const late = new Error('took too long')
    const never = new Promise<never>(() => {})
    let handle: Transaction | undefined
    const run = shop.transaction(
      async (tx) => {
        handle = tx
        await tx.run("insert into orders (id) values ('a')")
        ending.abort(late)
        return never
      },
      { signal: ending.signal },
    )
    const behind = shop.transaction((tx) => tx.run("insert into orders (id) values ('b')"))
    await assert.rejects(run, (error) => error === late)
    await behind
    await assert.rejects((handle as Transaction).all('select 1'), (error) => error === late)
    assert.deepEqual(await shop.orders(), ['b'])
    await shop.close()
  })

  test(`who gives up while waiting never begins (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const ending = new AbortController()
    const late = new Error('gave up')
    const refuse = () => assert.fail('began')
    await shop.transaction(async (tx) => {
      const waiting = shop.transaction(refuse, { signal: ending.signal })
      const aborted = shop.transaction(refuse, { signal: AbortSignal.abort(late) })
      ending.abort(late)
      await assert.rejects(waiting, (error) => error === late)
      await assert.rejects(aborted, (error) => error === late)
      await tx.run("insert into orders (id) values ('a')")
    })
    assert.deepEqual(await shop.orders(), ['a'])
    await shop.close()
  })

  test(`a statement that fails is an error that can be caught, and the rest stands (${where})`, async () => {
    const shop = await Shop.open({ thread })
    await shop.transaction(async (tx) => {
      await tx.run("insert into orders (id) values ('a')")
      const twice = tx.run("insert into orders (id) values ('a')")
      await assert.rejects(twice, failed('sql_failed', /UNIQUE constraint failed: orders\.id.*\(in: insert/))
      await assert.rejects(tx.all('selec 1'), failed('sql_failed', /syntax error/))
      await tx.run("insert into orders (id) values ('b')")
    })
    assert.deepEqual(await shop.orders(), ['a', 'b'])
    await shop.close()
  })

  test(`what SQLite itself rolls back is not committed in part (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const delivery = await shop.leased()
    const run = shop.transaction(
      async (tx) => {
        await tx.run("insert into orders (id) values ('a')")
        await tx.run("insert or rollback into orders (id) values ('a')").catch(() => {})
        await tx.run("insert into orders (id) values ('b')").catch(() => {})
      },
      { finish: () => shop.world.finish(delivery, DELIVERED) },
    )
    await assert.rejects(run, failed('sql_failed', /rolled the transaction back.*UNIQUE/))
    assert.deepEqual(await shop.orders(), [])
    assert.equal(await shop.stateOf(delivery), 'pending')
    await shop.close()
  })

  test(`a statement that nobody waited for is waited for here (${where})`, async () => {
    const shop = await Shop.open({ thread })
    await shop.transaction((tx) => {
      void tx.run("insert into orders (id) values ('a')")
    })
    assert.deepEqual(await shop.orders(), ['a'])
    const run = shop.transaction((tx) => {
      void tx.run("insert into orders (id) values ('b')")
      void tx.run("insert into orders (id) values ('a')")
    })
    await assert.rejects(run, failed('sql_failed', /UNIQUE/))
    assert.deepEqual(await shop.orders(), ['a'])
    await shop.close()
  })

  test(`a transaction that is over takes no more statements (${where})`, async () => {
    const shop = await Shop.open({ thread })
    const { value: tx } = (await shop.transaction((open) => open)) as { value: Transaction }
    await assert.rejects(tx.run('delete from orders'), failed('state_conflict', /is over/))
    await shop.close()
  })

  test(`a close rolls back what is open and answers what waits (${where})`, async () => {
    const folder = newFolder()
    const shop = await Shop.open({ thread, folder })
    const delivery = await shop.leased()
    let waiting: Promise<unknown> = Promise.resolve()
    let closed: Promise<void> = Promise.resolve()
    const run = shop.transaction(async (tx) => {
      await tx.run("insert into orders (id) values ('a')")
      waiting = shop.world.publish({ id: 'meanwhile' })
      closed = shop.close()
      return new Promise<never>(() => {})
    })
    const behind = shop.transaction(() => assert.fail('began'))
    for (const result of await Promise.allSettled([run, behind])) {
      assert.equal(result.status, 'rejected')
      assert.ok(failed('store_unavailable', /closed/)(result.reason))
    }
    await waiting
    await closed
    await assert.rejects(
      shop.transaction(() => 1),
      failed('store_unavailable', /closed/),
    )
    const again = await Shop.open({ thread, folder })
    assert.equal(again.report.unclean, false)
    assert.deepEqual(await again.orders(), [])
    assert.equal(await again.stateOf(delivery), 'pending')
    assert.ok(await again.world.store.events.get(shop.world.tenantId, null, 'meanwhile'))
    await again.close()
  })
}

test('lists are answered while a transaction is open, from what was committed before', async () => {
  const shop = await Shop.open({ thread: true })
  await shop.world.publish({ id: 'before' })
  await shop.transaction(async (tx) => {
    await tx.run("insert into orders (id) values ('a')")
    const listed = await shop.world.store.events.list(shop.world.eventQuery())
    assert.deepEqual(
      listed.map(({ id }) => id),
      ['before'],
    )
  })
  await shop.close()
})

test('a store in memory has transactions too, in either thread', async () => {
  for (const thread of [false, true]) {
    const store = await openAt(':memory:', { thread })
    const options = { signal: new AbortController().signal }
    await store.transactions?.run((tx) => tx.run('create table mine (id)'), options)
    const read = await store.transactions?.run((tx) => tx.all('select count(*) as n from mine'), options)
    assert.deepEqual(read, { recorded: true, value: [{ n: 0 }] })
    await store.close()
  }
})
