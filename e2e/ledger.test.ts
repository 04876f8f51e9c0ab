/** The checker of the kill test is itself checked: true books pass, and each kind of tampering is found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Books, checkBooks } from './support/ledger.ts'

/** Event a needed two attempts; b was in flight at a kill and came twice. */
function trueBooks() {
  const attempt = (number: number, outcome: string, status: number | null, startedAt: number) => ({
    ...{ number, outcome, status, startedAt },
    durationMs: 5,
  })
  const arrival = (eventId: string, number: number, status: number, at: number) => ({
    ...{ eventId, deliveryId: `dlv_${eventId}`, attempt: number, hash: `hash of ${eventId}`, at, status },
  })
  return {
    accepted: [
      { eventId: 'a', hash: 'hash of a' },
      { eventId: 'b', hash: 'hash of b' },
    ],
    arrivals: [
      arrival('a', 1, 500, 1001),
      arrival('a', 2, 200, 2001),
      arrival('b', 1, 200, 1002),
      arrival('b', 1, 200, 4001),
    ],
    recorded: [
      {
        ...{ deliveryId: 'dlv_a', eventId: 'a', state: 'delivered' },
        attempts: [attempt(1, 'retry', 500, 1000), attempt(2, 'success', 200, 2000)],
      },
      {
        ...{ deliveryId: 'dlv_b', eventId: 'b', state: 'delivered' },
        attempts: [attempt(1, 'success', 200, 4000)],
      },
    ],
  }
}

type TrueBooks = ReturnType<typeof trueBooks>

test('true books have nothing broken, and the repeat is counted', () => {
  assert.deepEqual(checkBooks(trueBooks(), 1), { broken: [], late: [], unrecorded: 1, copies: 2 })
})

const TAMPERED: ReadonlyArray<readonly [name: string, tamper: (books: TrueBooks) => unknown, found: RegExp]> =
  [
    ['a lost event', (books) => books.arrivals.splice(2, 2), /^b: accepted and lost$/],
    [
      'an event that only failed',
      (books) => books.arrivals.splice(1, 1, { ...books.arrivals[1]!, status: 500 }),
      /^a: accepted and lost$/,
    ],
    [
      'a delivered one that its target refused',
      (books) => {
        Object.assign(books.arrivals[1]!, { status: 500 })
        Object.assign(books.recorded[0]!.attempts[1]!, { status: 500 })
      },
      /^a: delivered, says the API, and its target never answered so$/,
    ],
    [
      'an event that was never answered',
      (books) => books.arrivals.splice(1, 1, { ...books.arrivals[1]!, status: 0 }),
      /^a: accepted and lost$/,
    ],
    [
      'an altered body',
      (books) => Object.assign(books.arrivals[3]!, { hash: 'other' }),
      /^b: attempt 1 had other bytes$/,
    ],
    [
      'an attempt after the recorded success',
      (books) => books.arrivals.push({ ...books.arrivals[1]!, at: 3000 }),
      /^a: attempt 2 came 895 ms after its recorded success$/,
    ],
    [
      'a further attempt after the recorded success, at once',
      (books) => books.arrivals.push({ ...books.arrivals[1]!, attempt: 3, at: 2002 }),
      /^a: attempt 3 came -?\d+ ms after its recorded success$/,
    ],
    [
      'an event that nobody accepted',
      (books) => books.accepted.splice(0, 1),
      /^a: came and was never accepted$/,
    ],
    [
      'a second delivery on record',
      (books) => books.recorded.push({ ...books.recorded[1]!, deliveryId: 'dlv_c' }),
      /^b: 2 deliveries on record$/,
    ],
    ['no delivery on record', (books) => books.recorded.splice(1, 1), /^b: 0 deliveries on record$/],
    [
      'a second delivery at the target',
      (books) => Object.assign(books.arrivals[2]!, { deliveryId: 'dlv_c' }),
      /^b: came in 2 deliveries to one subscription$/,
    ],
    [
      'a delivery left pending',
      (books) => Object.assign(books.recorded[1]!, { state: 'pending' }),
      /^b: its delivery is pending$/,
    ],
    [
      'a delivered one whose last attempt failed',
      (books) => books.recorded[0]!.attempts.pop(),
      /^a: delivered, and its last attempt is retry$/,
    ],
    ['a missing attempt', (books) => books.recorded[0]!.attempts.shift(), /^a: attempt 2 stands in place 1$/],
    [
      'two successes on record',
      (books) => Object.assign(books.recorded[0]!.attempts[0]!, { outcome: 'success' }),
      /^a: attempts after a success$/,
    ],
    [
      'an attempt on record that never came',
      (books) => books.arrivals.splice(0, 1),
      /^a: attempt 1 with 500 is on record and never came$/,
    ],
  ]

for (const [name, tamper, found] of TAMPERED)
  test(`red: ${name}`, () => {
    const books = trueBooks()
    tamper(books)
    const { broken } = checkBooks(books as Books, 10)
    assert.ok(
      broken.some((line) => found.test(line)),
      `nothing like ${found} in ${JSON.stringify(broken)}`,
    )
  })

test('red: more repeats than were in flight at the kills', () => {
  const books = trueBooks()
  assert.deepEqual(checkBooks(books, 0).broken, [
    '1 requests are on no record; at most 0 were in flight at the kills',
  ])
})
