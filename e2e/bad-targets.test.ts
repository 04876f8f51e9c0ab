/**
 * Targets that misbehave, through the whole server: each attempt ends in its documented outcome, other events go on,
 * nothing is lost; and URLs that may not be called are refused before anything is sent.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type ServerProcess, startServer } from './support/server.ts'
import type { Attempt, CreatedSubscription, Delivery, Listed, Published } from './support/shapes.ts'
import { type Answer, answers, arrived, startTarget, type Target } from './support/targets.ts'
import { until } from './support/until.ts'

let server: ServerProcess
/** A well-behaved target that gets every event of these tests too. */
let good: Target
let sent = 0

before(async () => {
  server = await startServer()
  good = await startTarget()
  await subscribe(good.url, { name: 'good', events: ['*'] })
})
after(async () => {
  await good?.close()
  await server?.dispose()
})

function subscribe(url: string, more: Record<string, unknown> = {}): Promise<CreatedSubscription> {
  const input = { name: 'bad', url, events: ['bad.*'], retry: [0.05, 0.05], timeout_ms: 2000, ...more }
  return server.api.post<CreatedSubscription>('/subscriptions', input, 201)
}

async function publish(type = 'bad.news'): Promise<string> {
  const event = { event_type: type, data: { n: sent } }
  sent += 1
  return (await server.api.post<Published>('/events', event, 202)).event_id
}

/** The delivery of an event to a subscription once it has left `pending`, with its attempts. */
async function ended(
  eventId: string,
  subscriptionId: string,
): Promise<{ delivery: Delivery; attempts: readonly Attempt[] }> {
  const delivery = await until(`the delivery of ${eventId} to end`, async () => {
    const rows = await server.api.all<Delivery>(`/events/${eventId}/deliveries`)
    const mine = rows.find((row) => row.subscription_id === subscriptionId)
    return mine !== undefined && mine.state !== 'pending' && mine
  })
  const { data } = await server.api.get<Listed<Attempt>>(`/deliveries/${delivery.id}/attempts`)
  return { delivery, attempts: data }
}

/** The other events go on: the good target has every event, the last one included. */
async function othersGoOn(eventId: string): Promise<void> {
  const requests = await arrived(good, sent)
  assert.ok(requests.some((request) => request.header('webhook-id') === eventId))
  assert.equal(requests.length, sent)
  const { status, text } = await server.api.call('GET', 'root:/readyz')
  assert.equal(status, 200, text)
}

async function withTarget(
  run: (target: Target, subscription: CreatedSubscription) => Promise<void>,
  more = {},
) {
  const target = await startTarget()
  const subscription = await subscribe(target.urlFor('127.0.0.1', '/in'), more)
  try {
    await run(target, subscription)
  } finally {
    await server.api.call('DELETE', `/subscriptions/${subscription.id}`)
    await target.close()
  }
}

/** What the first attempt meets, the error that is on record for it, and its status. */
const FAILING: ReadonlyArray<
  readonly [name: string, answer: () => Answer, code: string, status: number | null]
> = [
  ['garbage instead of HTTP', answers.garbage, 'response_malformed', null],
  ['a socket closed before the answer', answers.closeBeforeAnswer, 'connection_closed', null],
  ['a socket reset before the answer', answers.resetBeforeAnswer, 'connection_closed', null],
  ['a socket closed inside the headers', answers.closeInHeaders, 'connection_closed', null],
  ['a socket closed inside the body', answers.closeInBody, 'connection_closed', null],
  ['a redirect to itself', () => answers.redirect('/in'), 'redirected', 302],
  [
    'a permanent redirect to the metadata service',
    () => answers.redirect('http://169.254.169.254/', 308),
    'redirected',
    308,
  ],
  ['headers without end', () => answers.headerFlood(), 'response_too_large', null],
  ['a server error', () => ({ status: 503 }), 'failed', 503],
  ['a client error', () => ({ status: 404, body: 'no such thing' }), 'rejected', 404],
  ['a request to wait', () => ({ status: 429 }), 'busy', 429],
]

for (const [name, answer, code, status] of FAILING)
  test(`${name} is a failed attempt, and the next one delivers`, () =>
    withTarget(async (target, subscription) => {
      target.answerNext(answer())
      const eventId = await publish()
      const { delivery, attempts } = await ended(eventId, subscription.id)
      assert.equal(delivery.state, 'delivered', JSON.stringify(attempts))
      assert.deepEqual(
        attempts.map((one) => [one.number, one.outcome, one.status_code, one.error?.code ?? null]),
        [
          [1, 'retry', status, code],
          [2, 'success', 200, null],
        ],
      )
      assert.ok((attempts[0]?.error?.detail ?? '').length > 10, 'no sentence about what is wrong')
      await othersGoOn(eventId)
    }))

/** Odd bodies under a 200: success, since the status came, whatever becomes of the text. */
test('a NUL byte in the answer does not undeliver the event, and is shown', () =>
  withTarget(async (target, subscription) => {
    target.answerNext(answers.nulByte())
    const eventId = await publish()
    const { delivery, attempts } = await ended(eventId, subscription.id)
    assert.equal(delivery.state, 'delivered')
    assert.deepEqual([attempts.length, attempts[0]?.outcome, attempts[0]?.status_code], [1, 'success', 200])
    assert.equal(attempts[0]?.response_body, 'a\ufffdb')
    assert.equal(attempts[0]?.response_base64, Buffer.from('a\0b').toString('base64'))
    await othersGoOn(eventId)
  }))

for (const [name, answer] of [
  ['an endless body', answers.endless],
  ['a gzip bomb', answers.gzipBomb],
] as const)
  test(`${name} under a 200 is read up to the limit and kept up to 16 KiB`, () =>
    withTarget(async (target, subscription) => {
      target.answerNext(answer())
      const eventId = await publish()
      const { delivery, attempts } = await ended(eventId, subscription.id)
      assert.equal(delivery.state, 'delivered', JSON.stringify(attempts))
      const [first] = attempts
      assert.deepEqual([attempts.length, first?.outcome, first?.status_code], [1, 'success', 200])
      assert.equal(first?.response_truncated, true)
      assert.ok(Buffer.byteLength(first?.response_base64 ?? '', 'base64') <= 16 * 1024)
      assert.ok((first?.response_body ?? '').length <= 16 * 1024)
      await othersGoOn(eventId)
    }))

test('a chunk extension without end ends the attempt', () =>
  withTarget(async (target, subscription) => {
    target.answerNext(answers.endlessChunkExtension())
    const eventId = await publish()
    const { delivery, attempts } = await ended(eventId, subscription.id)
    assert.equal(delivery.state, 'delivered')
    assert.ok(attempts[0] !== undefined && attempts[0].duration_ms < 2500, JSON.stringify(attempts))
    await othersGoOn(eventId)
  }))

for (const [name, answer] of [
  ['a target that hangs', answers.hang],
  ['a target that hangs in its body', answers.hangInBody],
  ['a drip of a byte now and then', () => answers.drip(nextTurns)],
] as const)
  test(`${name} is cut off at timeout_ms, dies when its attempts are used up, and can be retried by hand`, () =>
    withTarget(
      async (target, subscription) => {
        target.answer(answer())
        const eventId = await publish()
        await othersGoOn(eventId)
        const { delivery, attempts } = await ended(eventId, subscription.id)
        assert.equal(delivery.state, 'dead')
        assert.deepEqual(
          attempts.map((one) => [
            one.outcome,
            one.status_code === null || one.status_code === 200,
            one.error?.code,
          ]),
          [
            ['retry', true, 'timeout'],
            ['retry', true, 'timeout'],
          ],
        )
        for (const { duration_ms } of attempts)
          assert.ok(duration_ms >= 290 && duration_ms < 1500, `cut off after ${duration_ms} ms`)

        target.answer({})
        await server.api.post(`/deliveries/${delivery.id}/retry`, undefined, 200)
        const again = await ended(eventId, subscription.id)
        assert.deepEqual([again.delivery.state, again.attempts.length], ['delivered', 3])
      },
      { timeout_ms: 300, retry: [0.05] },
    ))

/** A drip that is in step with nothing: one byte each few turns of the event loop, as long as somebody reads. */
async function nextTurns(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}

test('an answer that nobody asked for answers no other event', () =>
  withTarget(
    async (target, subscription) => {
      // The surplus 200 must not be taken for the answer to the second event, which is a 500.
      target.answerNext(answers.surplus(), { status: 500 })
      const first = await publish()
      assert.equal((await ended(first, subscription.id)).delivery.state, 'delivered')
      const second = await publish()
      const { delivery, attempts } = await ended(second, subscription.id)
      assert.equal(delivery.state, 'delivered')
      assert.deepEqual(
        attempts.map((one) => [one.outcome, one.status_code]),
        [
          ['retry', 500],
          ['success', 200],
        ],
      )
      assert.equal(target.requests.length, 3)
      await othersGoOn(second)
    },
    { max_in_flight: 1 },
  ))

test('a 410 ends the delivery and disables the subscription, which can be enabled again', () =>
  withTarget(async (target, subscription) => {
    target.answerNext({ status: 410 })
    const eventId = await publish()
    const { delivery, attempts } = await ended(eventId, subscription.id)
    assert.equal(delivery.state, 'dead')
    assert.deepEqual(
      attempts.map((one) => [one.outcome, one.status_code, one.error?.code]),
      [['fatal', 410, 'gone']],
    )
    const path = `/subscriptions/${subscription.id}`
    const off = await until('the subscription to be disabled', async () => {
      const now = await server.api.get<{ active: boolean; disabled_reason: string }>(path)
      return !now.active && now
    })
    assert.equal(off.disabled_reason, 'gone')
    await server.api.post(`${path}/enable`, undefined, 200)
    const next = await publish()
    assert.equal((await ended(next, subscription.id)).delivery.state, 'delivered')
  }))

test('with on_client_error drop a 4xx ends the delivery at once', () =>
  withTarget(
    async (target, subscription) => {
      target.answer({ status: 422 })
      const { delivery, attempts } = await ended(await publish(), subscription.id)
      assert.equal(delivery.state, 'dead')
      assert.deepEqual(
        attempts.map((one) => [one.outcome, one.status_code, one.error?.code]),
        [['fatal', 422, 'rejected']],
      )
    },
    { on_client_error: 'drop' },
  ))

test('a self-signed certificate is refused before anything is sent', async (t) => {
  const pem = (name: string) =>
    readFileSync(fileURLToPath(new URL(`../packages/posthorn/test/fixtures/tls/${name}`, import.meta.url)))
  const target = await startTarget({ tls: { key: pem('self-signed.key'), cert: pem('self-signed.pem') } })
  t.after(() => target.close())
  const { id } = await subscribe(target.urlFor('127.0.0.1'))
  const eventId = await publish()
  const { delivery, attempts } = await ended(eventId, id)
  assert.equal(delivery.state, 'dead')
  assert.deepEqual(
    attempts.map((one) => [one.outcome, one.status_code, one.error?.code]),
    Array.from({ length: 3 }, () => ['retry', null, 'tls_failed']),
  )
  assert.match(attempts[0]?.error?.detail ?? '', /self-signed/)
  assert.equal(target.requests.length, 0)
  await othersGoOn(eventId)
  await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

test('a port where nobody listens is a failed connection', async () => {
  const gone = await startTarget()
  const { url } = gone
  await gone.close()
  const { id } = await subscribe(url)
  const { delivery, attempts } = await ended(await publish(), id)
  assert.equal(delivery.state, 'dead')
  assert.deepEqual(new Set(attempts.map((one) => one.error?.code)), new Set(['connect_failed']))
  await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

test('the server does not call itself, though loopback may be called', async () => {
  const { id } = await subscribe(`${server.url}/healthz`)
  const { delivery, attempts } = await ended(await publish(), id)
  assert.equal(delivery.state, 'dead')
  assert.deepEqual(new Set(attempts.map((one) => one.error?.code)), new Set(['address_refused']))
  await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

test('after all that nothing is pending, and every event is at the good target once', async () => {
  await until('nothing to be pending', async () => {
    const { data } = await server.api.get<Listed<Delivery>>('/deliveries?state=pending')
    return data.length === 0
  })
  await arrived(good, sent)
  assert.equal(new Set(good.requests.map((request) => request.header('webhook-id'))).size, sent)
  assert.equal(good.requests.length, sent)
})
