/** What a schema of the interface of standardschema.dev does for a handler. The schemas here are written by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StandardSchema } from '../../src/index.ts'
import { openShop, STRIPE, webhook } from '../library/support/shop.ts'
import { handling } from './support/handling.ts'

type Result<T> = ReturnType<StandardSchema<unknown, T>['~standard']['validate']>

function schema<Output>(validate: (value: unknown) => Result<Output>): StandardSchema<unknown, Output> {
  return { '~standard': { version: 1, vendor: 'these tests', validate } }
}

interface Invoice {
  readonly total: bigint
}

/** Takes `{ data: { object: { total: number } } }`, and makes the total a bigint. */
const INVOICE = schema<Invoice>((value) => {
  const total = (value as { data?: { object?: { total?: unknown } } } | undefined)?.data?.object?.total
  return typeof total === 'number'
    ? { value: { total: BigInt(total) } }
    : { issues: [{ message: `expected a number, got ${total}`, path: ['data', { key: 'object' }, 'total'] }] }
})

test('what fits reaches the handler as what the schema made of it', async () => {
  await using shop = await openShop()
  const totals: bigint[] = []
  // No type is written here: data has that of the schema's output.
  const inbox = shop.posthorn.source('stripe', STRIPE)
  inbox.on('invoice.*', ({ data }) => totals.push(data.total), { schema: INVOICE })
  shop.posthorn.on('stripe', '*', ({ data }) => totals.push(data.total + 1n), { schema: INVOICE })
  await shop.posthorn.start()
  await inbox.receive(await webhook(shop.clock))
  await shop.clock.settle()
  assert.deepEqual(totals, [4200n, 4201n])
})

test('what does not fit is dead at once, with the places and without the values, and the handler is not called', async () => {
  const calls: string[] = []
  const refused = schema<never>(() => ({
    issues: [
      { message: 'got sk_live_of_a_body', path: ['a/b', 0] },
      { message: 'twice', path: ['a/b', 0] },
      { message: 'the whole' },
    ],
  }))
  await using shop = await handling(({ id }) => calls.push(id), { schema: refused })
  const { state, attempts, lastError } = await shop.delivery()
  assert.deepEqual([state, attempts, lastError], ['dead', 1, 'payload_invalid'])
  const [attempt] = await shop.attempts()
  assert.equal(attempt?.errorDetail, "The data does not fit the handler's schema at /a~1b/0, its root.")
  assert.deepEqual(calls, [])
})

test('the places are bounded, in number and in length', async () => {
  const issues = Array.from({ length: 5_000 }, (_, index) => ({
    message: '',
    path: ['y'.repeat(9_999), index],
  }))
  const many = Array.from({ length: 5_000 }, (_, index) => ({ message: '', path: [index] }))
  await using shop = await handling(() => undefined, { schema: schema<never>(() => ({ issues })) })
  await using other = await handling(() => undefined, { schema: schema<never>(() => ({ issues: many })) })
  const details = [...(await shop.attempts()), ...(await other.attempts())].map(
    ({ errorDetail }) => errorDetail ?? '',
  )
  assert.ok(details.every((detail) => detail.length < 1_100))
  assert.match(details[1] ?? '', /at \/0, \/1,.* and 4990 more\.$/)
})

test('an asynchronous schema is waited for, within the deadline', async () => {
  const answers: Array<() => void> = []
  const slow = schema<string>(
    () => new Promise((resolve) => answers.push(() => resolve({ value: 'looked up' }))),
  )
  const seen: unknown[] = []
  const options = { schema: slow, timeoutMs: 2_000, retry: [1] }
  await using shop = await handling(({ data }) => void seen.push(data), options)
  assert.deepEqual([answers.length, seen], [1, []])
  await shop.clock.advance(2_000)
  assert.equal((await shop.delivery()).lastError, 'handler_timeout')
  // Too late: its attempt has ended, so the handler is not called for it.
  answers[0]?.()
  await shop.clock.settle()
  assert.deepEqual(seen, [])
  await shop.clock.advance(2_000)
  answers[1]?.()
  await shop.clock.settle()
  assert.deepEqual(seen, ['looked up'])
  assert.equal((await shop.delivery()).state, 'delivered')
})

test('a schema that throws is a failure like any other: it may be away, the data may be good', async () => {
  const broken = schema<never>(() => {
    throw new Error('no connection to the registry')
  })
  await using shop = await handling(() => undefined, { schema: broken })
  const { state, lastError } = await shop.delivery()
  assert.deepEqual([state, lastError], ['pending', 'handler_failed'])
})

for (const wrong of [null, 'z.string()', {}, { '~standard': { version: 2, validate: () => ({ value: 1 }) } }])
  test(`${JSON.stringify(wrong)} is no schema, and is refused when it is given`, async () => {
    await using shop = await openShop()
    const inbox = shop.posthorn.source('stripe', STRIPE)
    assert.throws(() => inbox.on('*', () => undefined, { schema: wrong as never }), {
      code: 'config_invalid',
      message: /schema must be a schema with the interface of standardschema\.dev/,
    })
  })
