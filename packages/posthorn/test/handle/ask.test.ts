/** What a handler may ask for: to be called later, or never again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HandlerFunction } from '../../src/index.ts'
import { SECOND } from '../library/support/shop.ts'
import { handling } from './support/handling.ts'

const DAY = 86_400 * SECOND

test('retryAfter: the next attempt comes when it was asked for, with the reason on record', async () => {
  const calls: number[] = []
  await using shop = await handling((_event, { attempt, retryAfter }) => {
    calls.push(attempt)
    if (attempt === 1) retryAfter(60_000, 'the ledger is closed')
  })
  const { state, dueAt, lastError, attempts } = await shop.delivery()
  assert.deepEqual([state, dueAt, attempts], ['pending', shop.clock.now() + 60_000, 1])
  assert.equal(lastError, 'handler_retry_after')
  const [first] = await shop.attempts()
  assert.deepEqual([first?.outcome, first?.errorDetail], ['retry', 'the ledger is closed'])
  await shop.clock.advance(59 * SECOND)
  assert.deepEqual(calls, [1])
  await shop.clock.advance(2 * SECOND)
  assert.deepEqual(calls, [1, 2])
  assert.equal((await shop.delivery()).state, 'delivered')
})

test('retryAfter moves an attempt later than the schedule, never earlier, by a day at most, and counts', async () => {
  const asked = [0, 30 * DAY, 5 * DAY, 1]
  await using shop = await handling((_event, { attempt, retryAfter }) => retryAfter(asked[attempt - 1] ?? 0))
  const waits: number[] = []
  for (const _retry of asked.slice(1)) {
    const { dueAt } = await shop.delivery()
    const last = (await shop.attempts()).at(-1) ?? assert.fail()
    waits.push(Math.round((dueAt - last.startedAt) / SECOND))
    shop.clock.setWall(dueAt)
    await shop.clock.advance(2 * SECOND)
  }
  assert.deepEqual(waits, [1, 86_400, 86_400])
  assert.deepEqual(await shop.delivery().then(({ state, attempts }) => [state, attempts]), ['dead', 4])
})

for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, '5' as never])
  test(`retryAfter(${String(wrong)}) is an error that says what it takes`, async () => {
    await using shop = await handling((_event, ctx) => ctx.retryAfter(wrong))
    const [attempt] = await shop.attempts()
    assert.equal(attempt?.errorCode, 'handler_failed')
    assert.match(attempt?.errorDetail ?? '', /PosthornError: ctx\.retryAfter takes milliseconds/)
  })

test('drop: dead at once, with the reason on record; nothing else waits for it', async () => {
  let calls = 0
  await using shop = await handling(
    ({ id }, { drop }) => {
      calls += 1
      if (id === 'evt_1') drop('an order of a shop that is closed')
    },
    { concurrency: 1 },
  )
  const { state, attempts, lastError } = await shop.delivery()
  assert.deepEqual([state, attempts, lastError], ['dead', 1, 'handler_dropped'])
  const [attempt] = await shop.attempts()
  assert.deepEqual([attempt?.outcome, attempt?.errorDetail], ['fatal', 'an order of a shop that is closed'])
  await shop.send('evt_2')
  assert.equal(calls, 2)
  assert.deepEqual(shop.warnings(), [])
})

class OwnError extends Error {}

const WRAPPED: ReadonlyArray<readonly [how: string, run: HandlerFunction]> = [
  [
    'as the cause of an error of the application',
    (_event, ctx) => {
      try {
        ctx.drop('no')
      } catch (error) {
        throw new OwnError('the import failed', { cause: new OwnError('line 7', { cause: error }) })
      }
    },
  ],
  ['in an AggregateError', (_event, ctx) => Promise.any([(async () => ctx.drop('no'))()])],
  [
    'behind an await',
    async (_event, ctx) => {
      await Promise.resolve()
      return ctx.drop('no')
    },
  ],
]

for (const [how, run] of WRAPPED)
  test(`drop is recognised ${how}`, async () => {
    await using shop = await handling(run)
    assert.equal((await shop.delivery()).lastError, 'handler_dropped')
    assert.deepEqual(shop.warnings(), [])
  })

test('a chain of causes that goes in a circle is an ordinary error', async () => {
  await using shop = await handling(() => {
    const error = new Error('round')
    error.cause = error
    throw error
  })
  assert.equal((await shop.delivery()).lastError, 'handler_failed')
})

test('drop that the handler swallows counts as what it returned, and is told in the log with the ids', async () => {
  await using shop = await handling((_event, ctx) => {
    try {
      ctx.drop('no')
    } catch {
      // As a handler with a broad catch would.
    }
  })
  assert.equal((await shop.delivery()).state, 'delivered')
  assert.match(shop.warnings().join(), /ctx\.drop was called: no.*caught that error and returned/)
  const [, fields] = shop.log.find(([text]) => text.startsWith('ctx.drop')) ?? assert.fail()
  assert.equal(fields.event_id, 'evt_1')
})

test('retryAfter that the handler replaces by an error of its own counts as that error, and is told', async () => {
  await using shop = await handling((_event, ctx) => {
    try {
      ctx.retryAfter(60_000)
    } catch {
      throw new OwnError('other')
    }
  })
  const { lastError, dueAt } = await shop.delivery()
  assert.equal(lastError, 'handler_failed')
  assert.ok(dueAt < shop.clock.now() + 2 * SECOND)
  assert.match(shop.warnings().join(), /ctx\.retryAfter\(60000\).*without it as its cause/)
})

test('what one attempt asked for says nothing about another that gets the same error', async () => {
  let shared: Promise<never> | null = null
  await using shop = await handling((_event, ctx) => (shared ??= (async () => ctx.drop('the first'))()))
  await shop.send('evt_2')
  const finished = shop.recorder
    .all('delivery.attempted')
    .map(({ eventId, errorCode }) => [eventId, errorCode])
  assert.deepEqual(finished, [
    ['evt_1', 'handler_dropped'],
    ['evt_2', 'handler_failed'],
  ])
})

test('an error with a text without end is kept in part', async () => {
  await using shop = await handling(() => {
    throw new Error('x'.repeat(1_000_000))
  })
  const [attempt] = await shop.attempts()
  assert.ok((attempt?.errorDetail ?? '').length < 1_100)
})

test('what a handler is told of its attempt, and what its log lines carry', async () => {
  const told: Record<string, unknown>[] = []
  await using shop = await handling((_event, { signal, log, retryAfter, drop, ...rest }) => {
    log.warn('looked', { of: 'mine', event_id: 'not mine to say' })
    told.push(rest)
  })
  const { id } = await shop.delivery()
  const { requestId } = await shop.stored('evt_1')
  assert.deepEqual(
    { ...told[0], transaction: null },
    {
      ...{ attempt: 1, deliveryId: id, tenantId: shop.tenant.id, requestId, traceparent: null },
      transaction: null,
    },
  )
  const [, fields] = shop.log.find(([text]) => text === 'looked') ?? assert.fail()
  assert.deepEqual(fields, {
    ...{ of: 'mine', event_id: 'evt_1', event_type: 'invoice.paid', tenant_id: shop.tenant.id },
    ...{ request_id: requestId, delivery_id: id },
  })
})
