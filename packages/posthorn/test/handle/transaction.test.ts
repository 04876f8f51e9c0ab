/** The handler's writes and the mark "delivered" as one commit: what is promised, and when it is broken off. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HandlerContext, HandlerFunction, HandlerOptions, Transaction } from '../../src/index.ts'
import type { Store } from '../../src/ports/store.ts'
import { openSqliteStore } from '../../src/storage/sqlite/open.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { MINUTE, SECOND } from '../library/support/shop.ts'
import { handling } from './support/handling.ts'

const HOUR = 60 * MINUTE
const never = new Promise<never>(() => undefined)

/** An application with a table of its own, whose handler has got one event; and how its store was used. */
async function booking(run: HandlerFunction, options: HandlerOptions = {}, change = (store: Store) => store) {
  const clock = new FakeClock()
  const nextTurn = (next: () => void) => clock.nextTurn(next)
  const opened = await openSqliteStore({ dataDir: ':memory:', thread: false, nextTurn })
  const finished: string[] = []
  const finish: Store['deliveries']['finish'] = (batch) => {
    finished.push(...batch.map(({ transition }) => transition.to))
    return opened.deliveries.finish(batch)
  }
  const store = change({ ...opened, deliveries: { ...opened.deliveries, finish } })
  const shop = await handling(run, options, { store, clock }, async (posthorn) => {
    if (store.transactions !== undefined)
      await posthorn.transaction((tx) => tx.run('create table bookings (event_id text, note text)'))
  })
  const booked = async () => {
    const rows = await shop.posthorn.transaction((tx) => tx.all('select note from bookings order by note'))
    return rows.map(({ note }) => note)
  }
  const state = async () => {
    const { state, attempts, lastError } = await shop.delivery()
    return [state, attempts, lastError]
  }
  const warned = () => shop.log.filter(([text]) => text.includes('after its transaction was committed'))
  return { ...shop, store, finished, booked, state, warned, [Symbol.asyncDispose]: shop.close }
}

const book = (ctx: HandlerContext, note = 'booked') =>
  ctx.transaction((tx) => tx.run('insert into bookings values (?, ?)', ['evt_1', note]))

test('when the transaction is committed the event is delivered, with its attempt on record, by that one commit', async () => {
  let within: unknown
  await using shop = await booking(async (_event, ctx) => {
    within = await ctx.transaction(async (tx) => {
      await tx.run('insert into bookings values (:id, :note)', { id: ctx.deliveryId, note: 'booked' })
      return (await tx.get('select count(*) as count from bookings'))?.count
    })
  })
  assert.equal(within, 1)
  assert.deepEqual(await shop.booked(), ['booked'])
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  const [attempt, ...more] = await shop.attempts()
  assert.deepEqual(
    [attempt?.number, attempt?.outcome, attempt?.errorCode, more.length],
    [1, 'success', null, 0],
  )
  assert.deepEqual(shop.finished, [], 'nothing was recorded a second time')
  assert.deepEqual(
    shop.recorder.all('delivery.attempted').map(({ outcome }) => outcome),
    ['success'],
  )
  assert.deepEqual(
    shop.recorder.all('delivery.finished').map((finished) => [finished.state, finished.attempts]),
    [['delivered', 1]],
  )
  assert.deepEqual(shop.recorder.all('delivery.stale'), [])
  await shop.close()
  assert.equal(shop.clock.waiting, 0, 'no timer is left')
})

test('what the handler throws after the commit changes nothing and is told in the log', async () => {
  await using shop = await booking(async (_event, ctx) => {
    await book(ctx)
    throw new Error('the mail could not be sent')
  })
  await shop.clock.advance(MINUTE)
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  assert.deepEqual(await shop.booked(), ['booked'])
  const [[, fields] = assert.fail()] = shop.warned()
  assert.equal(fields.event_id, 'evt_1')
  assert.equal(fields.error_detail, 'Error: the mail could not be sent')
})

test('drop and retryAfter after the commit change nothing', async () => {
  await using shop = await booking(async (_event, ctx) => {
    await book(ctx)
    ctx.drop('too late')
  })
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  assert.equal(shop.warned().length, 1)
})

test("when the work throws, nothing is written, the error is the handler's, and the retry books once", async () => {
  const seen: unknown[] = []
  await using shop = await booking(async (_event, ctx) => {
    const work = async (tx: Transaction) => {
      await tx.run("insert into bookings values ('evt_1', ?)", [`attempt ${ctx.attempt}`])
      if (ctx.attempt === 1) throw new TypeError('no such shop')
    }
    await ctx.transaction(work).catch((error: unknown) => {
      seen.push(error)
      throw error
    })
  })
  assert.deepEqual(await shop.state(), ['pending', 1, 'handler_failed'])
  assert.deepEqual(await shop.booked(), [])
  assert.equal((await shop.attempts())[0]?.errorDetail, 'TypeError: no such shop')
  assert.ok(seen[0] instanceof TypeError)
  await shop.clock.advance(3 * SECOND)
  assert.deepEqual(await shop.state(), ['delivered', 2, null])
  assert.deepEqual(await shop.booked(), ['attempt 2'])
})

test('drop within the work rolls back and ends the delivery', async () => {
  await using shop = await booking((_event, ctx) =>
    ctx.transaction(async (tx) => {
      await tx.run("insert into bookings values ('evt_1', 'half')")
      ctx.drop('the order is cancelled')
    }),
  )
  assert.deepEqual(await shop.state(), ['dead', 1, 'handler_dropped'])
  assert.deepEqual(await shop.booked(), [])
})

test('a rolled back transaction that the handler gets over counts as what the handler returned', async () => {
  await using shop = await booking(async (_event, ctx) => {
    await ctx.transaction(() => Promise.reject(new Error('not today'))).catch(() => undefined)
  })
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  assert.deepEqual(shop.finished, ['delivered'])
})

test('the deadline of the handler rolls back', async () => {
  await using shop = await booking(
    (_event, ctx) =>
      ctx.transaction(async (tx) => {
        await tx.run("insert into bookings values ('evt_1', ?)", [`attempt ${ctx.attempt}`])
        if (ctx.attempt === 1) await never
      }),
    { timeoutMs: 2_000, retry: [1] },
  )
  await shop.clock.advance(2_000)
  assert.deepEqual(await shop.state(), ['pending', 1, 'handler_timeout'])
  assert.deepEqual(await shop.booked(), [])
  await shop.clock.advance(2 * SECOND)
  assert.deepEqual(await shop.state(), ['delivered', 2, null])
  assert.deepEqual(await shop.booked(), ['attempt 2'])
})

for (const transactionTimeoutMs of [undefined, 700])
  test(`a transaction ends after ${transactionTimeoutMs ?? 5_000} ms, and holds up nothing any longer`, async () => {
    const errors: unknown[] = []
    const run: HandlerFunction = async ({ id }, ctx) => {
      if (id !== 'evt_1') return
      await ctx.transaction(() => never).catch((error: { code: string }) => errors.push(error.code))
    }
    const options = transactionTimeoutMs === undefined ? {} : { transactionTimeoutMs }
    await using shop = await booking(run, options)
    await shop.clock.advance((transactionTimeoutMs ?? 5_000) - 1)
    assert.deepEqual(errors, [])
    await shop.clock.advance(1)
    assert.deepEqual(errors, ['transaction_timeout'])
    await shop.send('evt_2')
    assert.deepEqual(
      shop.recorder.all('delivery.finished').map(({ eventId, state }) => [eventId, state]),
      [
        ['evt_1', 'delivered'],
        ['evt_2', 'delivered'],
      ],
    )
  })

test('what the deadline cuts off after the commit is delivered all the same, and its slot is free', async () => {
  await using shop = await booking(
    async (_event, ctx) => {
      await book(ctx)
      await never
    },
    { timeoutMs: 1_000, concurrency: 1 },
  )
  assert.deepEqual((await shop.delivery()).state, 'delivered', 'at the commit, not at the end of the handler')
  await shop.clock.advance(1_000)
  await shop.send('evt_2')
  await shop.clock.advance(2_000)
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  assert.deepEqual(await shop.booked(), ['booked', 'booked'])
  assert.equal(shop.warned().length, 2)
})

test('a second transaction in one attempt is refused; the first one holds', async () => {
  const errors: unknown[] = []
  await using shop = await booking(async (_event, ctx) => {
    await book(ctx)
    try {
      await book(ctx, 'again')
    } catch (error) {
      errors.push(error)
      throw error
    }
  })
  assert.match(String(errors[0]), /a second time in one attempt/)
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  assert.deepEqual(await shop.booked(), ['booked'])
})

test('a transaction for which the handler did not wait is waited for', async () => {
  await using shop = await booking((_event, ctx) => void book(ctx))
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  assert.deepEqual([await shop.booked(), shop.finished], [['booked'], []])
})

test('… and when it fails, so does the attempt', async () => {
  await using shop = await booking((_event, ctx) => {
    void ctx.transaction(async (tx) => {
      await tx.run("insert into bookings values ('evt_1', 'half')")
      throw new Error('unseen')
    })
  })
  assert.deepEqual(await shop.state(), ['pending', 1, 'handler_failed'])
  assert.match((await shop.attempts())[0]?.errorDetail ?? '', /did not wait: Error: unseen/)
  assert.deepEqual(await shop.booked(), [])
})

test('after its attempt has ended a handler can begin no transaction', async () => {
  const contexts: HandlerContext[] = []
  await using shop = await booking(
    (_event, ctx) => {
      contexts.push(ctx)
      return ctx.attempt === 1 ? never : undefined
    },
    { timeoutMs: 1_000, retry: [1] },
  )
  await shop.clock.advance(5 * SECOND)
  assert.deepEqual(await shop.state(), ['delivered', 2, null])
  for (const ctx of contexts) assert.throws(() => book(ctx), /after the end of its attempt/)
  assert.deepEqual(await shop.booked(), [])
})

test('when another attempt has the delivery by then, the transaction is rolled back and its attempt is stale', async () => {
  const errors: unknown[] = []
  const { promise: taken, resolve: take } = Promise.withResolvers<void>()
  await using shop = await booking(async (_event, ctx) => {
    if (ctx.attempt === 1 && errors.length === 0) {
      errors.push(null)
      await taken
      await book(ctx, 'by the late one').catch((error) => errors.push(error))
      return
    }
    await book(ctx, 'by the one in time')
  })
  // As for a process that was asleep longer than its lease.
  assert.equal(await shop.store.lanes.expireLeases(shop.clock.now() + HOUR, 10), 1)
  await shop.clock.advance(2 * SECOND)
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  take()
  await shop.clock.settle()
  assert.match(String(errors[1]), /lease of this delivery had run out/)
  assert.deepEqual(await shop.booked(), ['by the one in time'])
  assert.deepEqual(await shop.state(), ['delivered', 1, null])
  assert.equal((await shop.attempts()).length, 1)
  assert.equal(shop.recorder.all('delivery.stale').length, 1)
  assert.deepEqual(shop.finished, [])
  assert.deepEqual(
    shop.recorder.all('delivery.attempted').map(({ outcome, errorCode }) => [outcome, errorCode]),
    [
      ['success', null],
      ['retry', 'lease_lost'],
    ],
  )
})

test('a shutdown within a transaction rolls back, and costs no attempt', async () => {
  const shop = await booking((_event, ctx) => ctx.transaction(() => never))
  const results: unknown[] = []
  const { finish } = shop.store.deliveries
  shop.store.deliveries.finish = async (batch) => {
    results.push(...batch.map(({ transition, attempt }) => [transition.to, attempt]))
    return finish(batch)
  }
  await shop.close()
  assert.deepEqual(results, [['handBack', null]])
})

test('a store without transactions says so, and what to use', async () => {
  const errors: unknown[] = []
  const without = ({ transactions: _, ...rest }: Store): Store => rest
  const run: HandlerFunction = async (_event, ctx) => {
    await book(ctx).catch((error) => errors.push(error))
  }
  await using shop = await booking(run, {}, without)
  const [attempt] = await shop.attempts()
  assert.match(attempt?.errorDetail ?? '', /This store has no transactions.*Use the embedded store/)
  await assert.rejects(
    shop.posthorn.transaction(() => 1),
    { code: 'config_invalid' },
  )
})

test('posthorn.transaction: what its work returns; rolled back when it throws; 5 s at most', async () => {
  await using shop = await booking(() => undefined)
  const { posthorn, clock } = shop
  assert.equal(await posthorn.transaction(() => 'an answer'), 'an answer')
  const failing = posthorn.transaction(async (tx) => {
    await tx.run("insert into bookings values ('x', 'half')")
    throw new RangeError('no')
  })
  await assert.rejects(failing, RangeError)
  const hanging = assert.rejects(
    posthorn.transaction(() => never),
    { code: 'transaction_timeout' },
  )
  await clock.advance(5_000)
  await hanging
  assert.deepEqual(await shop.booked(), [])
})
