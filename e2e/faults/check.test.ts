/** The harness of the fault scenarios is itself checked: its journals, its forms, and its checker on tampered books. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkWorld, type WorldBooks } from './support/check.ts'
import { formOf } from './support/form.ts'
import { type ArrivalLine, Journal, type PublishLine } from './support/journal.ts'
import { latencies } from './support/latency.ts'

/** Event victim-0 was sent twice, and came twice; other-1 came once. */
function trueBooks() {
  const line = (tenant: string, number: number, at: number) => ({
    ...{ tenant, eventId: `${tenant}-${number}`, type: number % 2 === 0 ? 'fault.even' : 'fault.odd' },
    ...{ hash: `hash of ${number}`, at },
  })
  const publishes: PublishLine[] = [
    { kind: 'invoked', ...line('victim', 0, 1000) },
    { kind: 'unknown', status: null, why: 'ECONNRESET', ...line('victim', 0, 1100) },
    { kind: 'invoked', ...line('victim', 0, 1200) },
    { kind: 'accepted', duplicate: true, ...line('victim', 0, 1250) },
    { kind: 'invoked', ...line('other', 1, 3000) },
    { kind: 'accepted', duplicate: false, ...line('other', 1, 3010) },
  ]
  const arrival = (subscription: string, number: number, at: number): ArrivalLine => ({
    ...{ subscription, eventId: `${subscription}-${number}`, deliveryId: `dlv_${subscription}` },
    ...{ attempt: 1, hash: `hash of ${number}`, at, status: 200 },
  })
  const recorded = (subscription: string, number: number, startedAt: number) => ({
    ...{ subscriptionId: `sub_${subscription}`, deliveryId: `dlv_${subscription}` },
    ...{ eventId: `${subscription}-${number}`, state: 'delivered' },
    attempts: [{ number: 1, outcome: 'success', status: 200, startedAt, durationMs: 5 }],
  })
  return {
    publishes,
    arrivals: [arrival('victim', 0, 1150), arrival('victim', 0, 2001), arrival('other', 1, 3020)],
    subscriptions: [
      { id: 'sub_victim', name: 'victim', tenant: 'victim', events: ['*'] },
      { id: 'sub_odd', name: 'odd', tenant: 'victim', events: ['fault.odd'] },
      { id: 'sub_other', name: 'other', tenant: 'other', events: ['fault.odd'] },
    ],
    recorded: [recorded('victim', 0, 2000), recorded('other', 1, 3019)],
    leases: 0,
  } satisfies WorldBooks
}

type TrueBooks = ReturnType<typeof trueBooks>

test('true books have nothing broken, and are counted', () => {
  assert.deepEqual(checkWorld(trueBooks(), { repeats: 1 }), {
    ...{ broken: [], events: 2, deliveries: 2, unknown: 1, duplicates: 1, repeats: 1, late: 0 },
  })
})

const TAMPERED: ReadonlyArray<readonly [name: string, tamper: (books: TrueBooks) => unknown, found: RegExp]> =
  [
    ['an event that was lost', (books) => books.arrivals.pop(), /^other: other-1: accepted and lost$/],
    [
      'an event that was never accepted',
      (books) => books.publishes.pop(),
      /^other-1: begun, and accepted 0 times$/,
    ],
    [
      'an event for somebody who did not ask for it',
      (books) => books.arrivals.push({ ...books.arrivals[0]!, subscription: 'odd' }),
      /^odd: victim-0: came and was never accepted$/,
    ],
    [
      'an event at another tenant’s target',
      (books) => books.arrivals.push({ ...books.arrivals[0]!, subscription: 'other' }),
      /^other: victim-0: came and was never accepted$/,
    ],
    [
      'a target that nobody subscribed',
      (books) => Object.assign(books.arrivals[2]!, { subscription: 'else' }),
      /came at else, which nobody subscribed$/,
    ],
    [
      'a delivery of a subscription that there is not',
      (books) => Object.assign(books.recorded[1]!, { subscriptionId: 'sub_else' }),
      /^dlv_other: is on record for a subscription that there is not$/,
    ],
    [
      'an answer that says neither yes nor later',
      (books) => Object.assign(books.publishes[1]!, { status: 500, why: '500 oh' }),
      /^victim-0: was answered 500 oh$/,
    ],
    [
      'a request after the success',
      (books) => books.arrivals.push({ ...books.arrivals[2]!, at: 4000 }),
      /^other: other-1: attempt 1 came \d+ ms after its recorded success$/,
    ],
    [
      'a lease that is left',
      (books) => Object.assign(books, { leases: 2 }),
      /^2 deliveries are still leased$/,
    ],
  ]

for (const [name, tamper, found] of TAMPERED)
  test(`red: ${name}`, () => {
    const books = trueBooks()
    tamper(books)
    const { broken } = checkWorld(books, { repeats: 10 })
    assert.ok(
      broken.some((line) => found.test(line)),
      `nothing like ${found} in ${JSON.stringify(broken)}`,
    )
  })

test('red: more repeats, or more that came late, than the faults excuse', () => {
  assert.match(checkWorld(trueBooks(), { repeats: 0 }).broken.join(), /at most 0 were in flight/)
  const books = trueBooks()
  books.arrivals.push({ ...books.arrivals[2]!, at: 4000 })
  assert.deepEqual(checkWorld(books, { repeats: 2, late: 1 }).broken, [])
  assert.equal(checkWorld(books, { repeats: 2, late: 0 }).broken.length, 1)
})

test('a journal has each line on disk before it says so, in order', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'posthorn-journal-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const journal = await Journal.open<{ n: number }>(join(folder, 'lines.ndjson'))
  const on = (n: number) => readFileSync(journal.path, 'utf8').split('\n').includes(`{"n":${n}}`)
  const seen = Array.from({ length: 500 }, (_, n) => journal.add({ n }).then(() => on(n)))
  assert.deepEqual(new Set(await Promise.all(seen)), new Set([true]))
  await journal.add({ n: 500 })
  assert.deepEqual(
    journal.read(),
    Array.from({ length: 501 }, (_, n) => ({ n })),
  )
  await journal.close()
})

test('the form of a run comes from the environment', () => {
  assert.equal(formOf({}).long, false)
  assert.equal(formOf({}).seeds.length, 1)
  const long = formOf({ POSTHORN_FAULT_SEEDS: '10' })
  assert.deepEqual([long.long, new Set(long.seeds).size], [true, 10])
  assert.deepEqual(formOf({ POSTHORN_FAULT_SEEDS: '10', POSTHORN_E2E_SEED: '7' }).seeds, [7])
  assert.throws(() => formOf({ POSTHORN_FAULT_SEEDS: 'many' }), /count of seeds/)
  assert.throws(() => formOf({ POSTHORN_E2E_SEED: 'x' }), /whole number/)
})

test('latencies are of the last try before the event came, by phase', () => {
  const { publishes, arrivals } = trueBooks()
  const phases = [
    { name: 'quiet', from: 0 },
    { name: 'fault', from: 2500 },
  ]
  assert.deepEqual(
    [...latencies(phases, publishes, arrivals)],
    [
      ['quiet', { events: 1, p50: 150, p99: 150 }],
      ['fault', { events: 1, p50: 20, p99: 20 }],
    ],
  )
})
