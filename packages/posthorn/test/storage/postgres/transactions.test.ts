/** Transactions of the application in PostgreSQL. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NewDelivery } from '../../../src/domain/delivery.ts'
import { type ErrorCode, isPosthornError } from '../../../src/domain/error.ts'
import type {
  SqlClient,
  Transaction,
  TransactionOptions,
  TransactionResult,
  TransactionStore,
} from '../../../src/ports/transactions.ts'
import { DELIVERED } from '../../../src/testing/store-conformance/world.ts'
import { type Base, Bases } from './support.ts'

const bases = Bases.use()
const never = new Promise<never>(() => {})

class Shop {
  readonly base: Base

  constructor(base: Base) {
    this.base = base
  }

  /** With tables of the application's in a schema of its own. */
  static async open(): Promise<Shop> {
    const base = await bases.open()
    await base.sql('create table $s_orders (id text primary key, note text)')
    return new Shop(base)
  }

  get table(): string {
    return `${this.base.schema}_orders`
  }

  run<T>(
    work: (tx: Transaction) => T | Promise<T>,
    options: Partial<TransactionOptions> = {},
  ): Promise<TransactionResult<T>> {
    const signal = new AbortController().signal
    return (this.base.store.transactions as TransactionStore).run(work, { signal, ...options })
  }

  insert(tx: Transaction, id: string): Promise<unknown> {
    return tx.run(`insert into ${this.table} (id) values ($1)`, [id])
  }

  async leased(): Promise<NewDelivery> {
    const delivery = this.base.world.leased()
    await this.base.world.publish({}, delivery)
    return delivery
  }

  async orders(): Promise<string[]> {
    return (await this.base.sql<{ id: string }>('select id from $s_orders order by id')).map(({ id }) => id)
  }

  async stateOf({ id }: Pick<NewDelivery, 'id'>): Promise<string | undefined> {
    return (await this.base.store.deliveries.get(this.base.world.tenantId, id))?.state
  }

  async close(): Promise<void> {
    await this.base.sql('drop table $s_orders')
  }
}

function failed(code: ErrorCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(isPosthornError(error), String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, words)
    return true
  }
}

test('writes of the application and the end of a lease are one commit', async () => {
  const shop = await Shop.open()
  const delivery = await shop.leased()
  const { world, store } = shop.base
  const result = await shop.run(
    async (tx) => {
      await shop.insert(tx, 'a')
      assert.equal(await shop.stateOf(delivery), 'pending')
      return 'done'
    },
    { finish: () => world.finish(delivery, DELIVERED) },
  )
  assert.deepEqual(result, { recorded: true, value: 'done' })
  assert.deepEqual(await shop.orders(), ['a'])
  assert.equal(await shop.stateOf(delivery), 'delivered')
  assert.equal((await store.deliveries.attempts(world.tenantId, delivery.id)).length, 1)
  await shop.close()
})

test('without the lease nothing is written and nothing counts', async () => {
  const shop = await Shop.open()
  const delivery = await shop.leased()
  const { world, store } = shop.base
  const result = await shop.run((tx) => shop.insert(tx, 'a'), {
    finish: () => world.finish(delivery, DELIVERED, { leaseToken: 'of another' }),
  })
  assert.deepEqual(result, { recorded: false })
  assert.deepEqual(await shop.orders(), [])
  assert.equal(await shop.stateOf(delivery), 'pending')
  assert.deepEqual(await store.deliveries.attempts(world.tenantId, delivery.id), [])
  await shop.close()
})

test('what throws leaves nothing, tables that it made among it', async () => {
  const shop = await Shop.open()
  const delivery = await shop.leased()
  const mine = new TypeError('no such customer')
  const work = async (tx: Transaction) => {
    await shop.insert(tx, 'a')
    await tx.run(`create table ${shop.table}_more (id text)`)
    throw mine
  }
  const finish = () => assert.fail('asked for, though the work had failed')
  await assert.rejects(shop.run(work, { finish }), (error) => error === mine)
  assert.deepEqual(await shop.orders(), [])
  assert.equal(await shop.stateOf(delivery), 'pending')
  await assert.rejects(
    shop.run((tx) => tx.all(`select * from ${shop.table}_more`)),
    failed('sql_failed', /does not exist/),
  )
  await shop.close()
})

test('a statement that fails is an error that can be caught, and the rest stands', async () => {
  const shop = await Shop.open()
  await shop.run(async (tx) => {
    await shop.insert(tx, 'a')
    await assert.rejects(shop.insert(tx, 'a'), failed('sql_failed', /duplicate key.*\(in: insert/))
    await assert.rejects(tx.all('selec 1'), failed('sql_failed', /syntax error/))
    await assert.rejects(tx.all('select ?', [1]), failed('sql_failed', /\$1, \$2/))
    await assert.rejects(tx.all('select 1; select 2'), failed('sql_failed', /multiple commands/))
    await tx.run('savepoint mine')
    await shop.insert(tx, 'b')
    await assert.rejects(shop.insert(tx, 'b'), failed('sql_failed', /duplicate key/))
    await shop.insert(tx, 'c')
    await tx.run('rollback to savepoint mine')
    await tx.run('release savepoint mine')
    await shop.insert(tx, 'd')
  })
  assert.deepEqual(await shop.orders(), ['a', 'd'])
  await shop.close()
})

test('a statement that nobody waited for is waited for here', async () => {
  const shop = await Shop.open()
  await shop.run((tx) => {
    void shop.insert(tx, 'a')
  })
  assert.deepEqual(await shop.orders(), ['a'])
  const run = shop.run((tx) => {
    void shop.insert(tx, 'b')
    void shop.insert(tx, 'a')
  })
  await assert.rejects(run, failed('sql_failed', /duplicate key/))
  assert.deepEqual(await shop.orders(), ['a'])
  await shop.close()
})

test('an abort cancels what runs, rolls back, says why, and holds up nobody', async () => {
  const shop = await Shop.open()
  const ending = new AbortController()
  const late = new Error('took too long')
  let handle: Transaction | undefined
  await shop.base.holding([`lock table ${shop.table}`], async ({ commit }) => {
    const run = shop.run(
      async (tx) => {
        handle = tx
        await tx.all('select 1')
        await shop.insert(tx, 'a')
      },
      { signal: ending.signal },
    )
    const told = assert.rejects(run, (error) => error === late)
    await shop.base.untilWaiting()
    ending.abort(late)
    await told
    // It waits for the table no longer, although the table is still held.
    const [row] = await shop.base.sql<{ waiting: number }>(
      `select count(*)::integer as waiting from pg_stat_activity where wait_event_type = 'Lock' and query like '%$s_orders%'
      and pid <> pg_backend_pid()`,
    )
    assert.equal(row?.waiting, 0)
    await commit()
  })
  await assert.rejects((handle as Transaction).all('select 1'), (error) => error === late)
  assert.deepEqual(await shop.orders(), [])
  await shop.close()
})

test('an abort between statements rolls back, whatever the work does then', async () => {
  const shop = await Shop.open()
  const ending = new AbortController()
  const late = new Error('took too long')
  const run = shop.run(
    async (tx) => {
      await shop.insert(tx, 'a')
      ending.abort(late)
      return never
    },
    { signal: ending.signal },
  )
  await assert.rejects(run, (error) => error === late)
  assert.deepEqual(await shop.orders(), [])
  await shop.close()
})

test('more than half of the connections are never held; who gives up waiting never begins', async () => {
  const shop = await Shop.open()
  const inside: Array<() => void> = []
  const waitInside = () => new Promise<void>((resolve) => inside.push(resolve))
  const runs = Array.from({ length: 5 }, () => shop.run(waitInside))
  while (inside.length < 5) await shop.base.store.upkeep.ping()
  const ending = new AbortController()
  const late = new Error('gave up')
  const sixth = shop.run(() => assert.fail('began'), { signal: ending.signal })
  const seventh = shop.run(() => 'seventh')
  await shop.base.store.upkeep.ping()
  ending.abort(late)
  await assert.rejects(sixth, (error) => error === late)
  for (const go of inside) go()
  await Promise.all(runs)
  assert.deepEqual(await seventh, { recorded: true, value: 'seventh' })
  await shop.close()
})

test('SQL that ends the transaction, changes the session or writes to our tables is refused', async () => {
  const shop = await Shop.open()
  const s = shop.base.schema
  const refused = [
    ...['begin', 'commit', 'COMMIT;', 'end', 'rollback', 'abort', '/* */ -- x\n commit', 'start transaction'],
    ...[
      'set search_path = x',
      'reset all',
      'discard all',
      'listen x',
      'copy x from stdin',
      'prepare x as select 1',
    ],
    ...[`insert into ${s}.events (key) values (1)`, `update "${s}".pending set attempts = 0`],
    ...[`with x as (delete from ${s}.ended returning 1) select * from x`, `drop table if exists ${s}.lanes`],
    ...[
      `truncate table ${s}.attempts`,
      `create index on ${s}.events (id)`,
      `alter table only ${s}.events add x int`,
    ],
  ]
  const delivery = await shop.leased()
  await shop.run(async (tx) => {
    for (const sql of refused) await assert.rejects(tx.run(sql), failed('sql_refused', /./), sql)
    await assert.rejects((tx.client as SqlClient).query('commit'), {
      code: 'sql_refused',
    })
    await tx.run("set local lock_timeout = '1s'")
    assert.equal((await tx.all(`select id from ${s}.deliveries`)).length, 1)
    await tx.run(
      `insert into ${shop.table} (id, note) select id, 'insert into ${s}.events' from ${s}.deliveries`,
    )
  })
  assert.deepEqual(await shop.orders(), [delivery.id])
  await shop.close()
})

test('values go in and come back as they were', async () => {
  const shop = await Shop.open()
  await shop.run(async (tx) => {
    const values = ['text', 7, 1.5, true, null, new Uint8Array([0, 255]), 2n ** 62n, 12n] as const
    const row = await tx.get(
      `select $1::text a, $2::integer b, $3::float8 c, $4::boolean d, $5::text e, $6::bytea f, $7::bigint g, $8::bigint h`,
      values,
    )
    assert.deepEqual(Object.values(row ?? {}), [...values.slice(0, 7), 12])
    assert.deepEqual(await tx.get("select 1.10::numeric a, '{\"b\": 1}'::jsonb b, date '2026-01-15' c"), {
      a: '1.10',
      b: '{"b": 1}',
      c: '2026-01-15',
    })
    assert.equal(await tx.get('select 1 where false'), undefined)
    const { changes } = await tx.run(`insert into ${shop.table} select n::text from generate_series(1, 3) n`)
    assert.equal(changes, 3)
    for (const [params, words] of [
      [{ id: 'a' }, /as an array, and write \$1/],
      [[undefined], /Parameter 1 is of type undefined/],
      [[1, new Date(0)], /Parameter 2 is of type Date/],
    ] as const)
      await assert.rejects(tx.all('select $1', params as never), failed('sql_failed', words))
  })
  await shop.close()
})

test("a library's statements go through the client, and an error of theirs rolls all back", async () => {
  const shop = await Shop.open()
  const insert = `insert into ${shop.table} (id) values ($1)`
  await shop.run(async (tx) => {
    await tx.client?.query(insert, ['a'])
    await tx.client?.query({ text: insert, values: ['b'] })
    const { rows } = await (tx.client as SqlClient).query(`select id from ${shop.table} order by id`)
    assert.deepEqual(rows, [{ id: 'a' }, { id: 'b' }])
  })
  const run = shop.run(async (tx) => {
    await tx.client?.query(insert, ['c'])
    await tx.client
      ?.query(insert, ['c'])
      .catch((error: { code: string }) => assert.equal(error.code, '23505'))
  })
  await assert.rejects(run, failed('sql_failed', /rolled the transaction back/))
  assert.deepEqual(await shop.orders(), ['a', 'b'])
  await shop.close()
})

test('a transaction that is over takes no more statements', async () => {
  const shop = await Shop.open()
  const { value: tx } = (await shop.run((open) => open)) as { value: Transaction }
  await assert.rejects(tx.run('delete from x'), failed('state_conflict', /is over/))
  await assert.rejects(tx.client?.query('select 1') ?? never, failed('state_conflict', /is over/))
  await shop.close()
})

test('a close rolls back what is open', async () => {
  const shop = await Shop.open()
  const { promise: inside, resolve } = Promise.withResolvers<void>()
  const run = shop.run(async (tx) => {
    await shop.insert(tx, 'a')
    resolve()
    return never
  })
  const told = assert.rejects(run, failed('store_unavailable', /closed/))
  await inside
  await shop.base.store.close()
  await told
  assert.deepEqual(await shop.orders(), [])
  await shop.close()
})

test('a connection that is cut in the middle is an error of the store, and the process lives on', async () => {
  const shop = await Shop.open()
  const delivery = await shop.leased()
  const { world } = shop.base
  const run = shop.run(
    async (tx) => {
      await shop.insert(tx, 'a')
      const row = await tx.get('select pg_backend_pid() as pid')
      await shop.base.sql('select pg_terminate_backend($1)', row?.pid)
      await shop.insert(tx, 'b')
    },
    { finish: () => world.finish(delivery, DELIVERED) },
  )
  await assert.rejects(run, failed('store_unavailable', /./))
  assert.deepEqual(await shop.orders(), [])
  assert.equal(await shop.stateOf(delivery), 'pending')
  await shop.close()
})
