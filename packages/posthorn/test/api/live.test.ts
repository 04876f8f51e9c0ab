/** News over HTTP: who may hear them, and how a stream ends. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createClient } from '../../src/client/index.ts'
import type { LiveMessage } from '../../src/client/live.ts'
import { ADMIN_KEY, type Desk, openDesk } from './support/console.ts'

const MINUTE = 60_000

/** A reader of one stream: what has come so far, and when it has ended. */
class Reader {
  readonly messages: LiveMessage[] = []
  readonly ended: Promise<void>
  readonly abort = new AbortController()

  constructor(url: string, key: string, query: { topics?: string } = {}, lastId?: string) {
    const client = createClient({ baseUrl: url, key })
    const { signal } = this.abort
    const stream = client.live({ query, signal, ...(lastId === undefined ? {} : { lastId }) })
    this.ended = (async () => {
      for await (const message of stream) this.messages.push(message)
    })()
    // A reader that is not waited for has been ended by its test.
    this.ended.catch(() => undefined)
  }
}

async function listening(t: TestContext): Promise<{ desk: Desk; url: string }> {
  const desk = await openDesk(t)
  await desk.instance.engine.start()
  const { url } = await desk.server.listen({ host: '127.0.0.1', port: 0 })
  t.after(async () => {
    const closed = desk.server.close()
    // The connections that `fetch` holds ready are ended then.
    await desk.clock.advance(500)
    await closed
  })
  return { desk, url }
}

/** Time goes by until something is so: what comes over a socket comes in its own time. */
async function until(desk: Desk, what: string, holds: () => boolean): Promise<void> {
  for (let round = 0; round < 400; round += 1) {
    if (holds()) return
    await desk.clock.advance(250)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.fail(`in vain: ${what}`)
}

test('a stream tells its tenant what happens, and nobody else', async (t) => {
  const { desk, url } = await listening(t)
  const [a, b] = [await desk.tenant('a'), await desk.tenant('b')]
  const own = new Reader(url, a.key, { topics: 'events,deliveries,overview,changes' })
  const other = new Reader(url, b.key, { topics: 'events,deliveries,changes' })
  await until(desk, 'the first overview', () => own.messages.some(({ event }) => event === 'overview'))
  const input = { name: 'x', url: 'http://127.0.0.1:9/', events: ['*'] }
  assert.equal((await desk.keyed('POST', '/subscriptions', input, a.key)).statusCode, 201)
  await until(desk, 'the change', () => own.messages.some(({ event }) => event === 'changed'))
  await desk.keyed('POST', '/events', { event_type: 'a.b', data: { n: 1 } }, a.key)
  await until(desk, 'both rows', () =>
    ['event', 'delivery'].every((kind) => own.messages.some(({ event }) => event === kind)),
  )
  const event = own.messages.find((message) => message.event === 'event')
  assert.deepEqual((event as { data: { data: unknown } } | undefined)?.data.data, { n: 1 })
  const overview = own.messages.find((message) => message.event === 'overview')
  assert.deepEqual((overview as { data: { processes: unknown[] } } | undefined)?.data.processes, [])
  assert.deepEqual(other.messages, [])
  // Who comes back with the id of a message is told what came after it.
  const back = new Reader(url, a.key, { topics: 'events' }, overview?.id)
  await until(desk, 'what was missed', () => back.messages.length > 0)
  assert.equal(back.messages[0]?.event, 'event')
  for (const { abort } of [own, other, back]) abort.abort()
})

test('who comes after everybody has left is told what happens, too', async (t) => {
  const { desk, url } = await listening(t)
  const { key } = await desk.tenant('a')
  for (const n of [1, 2]) {
    const reader = new Reader(url, key, { topics: 'overview' })
    await until(desk, `the overview of reader ${n}`, () => reader.messages.length > 0)
    reader.abort.abort()
    await until(desk, 'the end of the stream', () => desk.server.streams === 0)
    await desk.clock.advance(MINUTE)
  }
})

test('it ends politely: after five minutes, with its session, and at a stop of the server', async (t) => {
  const { desk, url } = await listening(t)
  const { key } = await desk.tenant('a')
  const old = new Reader(url, key)
  await until(desk, 'the stream', () => desk.server.streams === 1)
  await desk.clock.advance(5 * MINUTE)
  await old.ended
  const cookie = await desk.signIn(key)
  const response = await fetch(`${url}/api/v1/webhooks/live`, { headers: { cookie } })
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  const text = response.text()
  await desk.paged(cookie, 'DELETE', '/sessions/current')
  await desk.clock.advance(16_000)
  assert.match(await text, /^retry: 1000\n\n/)
  const last = new Reader(url, key)
  await until(desk, 'the stream', () => desk.server.streams === 1)
  await desk.server.close()
  await last.ended
  assert.equal(desk.server.streams, 0)
})

test('bad questions are refused, and nobody takes all streams', async (t) => {
  const { desk, url } = await listening(t)
  const { key } = await desk.tenant('a')
  for (const [path, status] of [
    ['/live?topics=secrets', 400],
    ['/live?topics=', 400],
    ['/live?subscription_id=sub_none', 404],
    ['/overview?window_s=1', 400],
    ['/search', 400],
    ['/events?text=a', 400],
    ['/deliveries/bulk/blk_none', 404],
    ['/deliveries/bulk/blk_none/items', 404],
  ] as const)
    assert.equal((await desk.keyed('GET', path, undefined, key)).statusCode, status, path)
  for (const body of [{ action: 'drop' }, { action: 'burn', filter: {} }, { action: 'drop', ids: [] }])
    assert.equal((await desk.keyed('POST', '/deliveries/bulk', body, key)).statusCode, 400)
  const readers = Array.from({ length: 8 }, () => new Reader(url, key))
  await until(desk, 'eight streams', () => desk.server.streams === 8)
  const refused = await fetch(`${url}/api/v1/webhooks/live`, { headers: { authorization: `Bearer ${key}` } })
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '5'])
  await refused.body?.cancel()
  const other = new Reader(url, ADMIN_KEY)
  await until(desk, 'that of another caller', () => desk.server.streams === 9)
  for (const { abort } of [...readers, other]) abort.abort()
  await until(desk, 'their end', () => desk.server.streams === 0)
})

test('who listens is looked at again when a key or a tenant may have changed, not for each subscription', async (t) => {
  const { desk, url } = await listening(t)
  const { key } = await desk.tenant('a')
  const reader = new Reader(url, key)
  await until(desk, 'the stream', () => desk.server.streams === 1)
  const { changes, sessions } = desk.instance.engine
  const holds = t.mock.method(sessions, 'holds')
  changes.heard('ten_a', 'sub_1')
  assert.equal(holds.mock.callCount(), 0)
  changes.heard('ten_a', null)
  assert.equal(holds.mock.callCount(), 1)
  reader.abort.abort()
  await until(desk, 'its end', () => desk.server.streams === 0)
})

test('a stream ends at once with its session, with its key, with its tenant; in another process, too', async (t) => {
  const { desk, url } = await listening(t)
  const listen = (headers: Record<string, string>) =>
    fetch(`${url}/api/v1/webhooks/live`, { headers }).then((response) => response.text())
  const [a, b, c] = [await desk.tenant('a'), await desk.tenant('b'), await desk.tenant('c')]
  const cookie = await desk.signIn(a.key)
  const elsewhere = await openDesk(t, { beside: desk })
  const ends: ReadonlyArray<readonly [headers: Record<string, string>, end: () => Promise<unknown>]> = [
    [{ cookie }, () => desk.paged(cookie, 'DELETE', '/sessions/current')],
    [{ authorization: `Bearer ${a.key}` }, () => desk.keyed('DELETE', `/keys/${a.keyId}`)],
    [{ authorization: `Bearer ${b.key}` }, () => desk.keyed('DELETE', '/tenants/b')],
    [
      { authorization: `Bearer ${c.key}` },
      async () => {
        await elsewhere.keyed('DELETE', `/keys/${c.keyId}`)
        // What PostgreSQL says to the others.
        desk.instance.engine.changes.heard('any')
      },
    ],
  ]
  const stays = listen({ authorization: `Bearer ${ADMIN_KEY}` })
  for (const [headers, end] of ends) {
    const text = listen(headers)
    await until(desk, 'the stream', () => desk.server.streams === 2)
    await end()
    // No time goes by: the clock stands.
    assert.match(await text, /^retry: 1000\n\n/)
    assert.equal(desk.server.streams, 1)
  }
  await desk.server.close()
  await stays
})

test('one tenant does not take all streams, by whatever many sessions', async (t) => {
  const { desk, url } = await listening(t)
  const [a, b] = [await desk.tenant('a'), await desk.tenant('b')]
  const open: Response[] = []
  const statuses = new Map<number, number>()
  for (let count = 0; count < 14; count += 1) {
    const cookie = await desk.signIn(a.key)
    for (let stream = 0; stream < 8; stream += 1) {
      const response = await fetch(`${url}/api/v1/webhooks/live`, { headers: { cookie } })
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      open.push(response)
    }
  }
  assert.deepEqual(
    [...statuses],
    [
      [200, 100],
      [429, 12],
    ],
  )
  const other = await fetch(`${url}/api/v1/webhooks/live`, { headers: { authorization: `Bearer ${b.key}` } })
  assert.equal(other.status, 200)
  await Promise.all([...open, other].map(({ body }) => body?.cancel()))
  await until(desk, 'their end', () => desk.server.streams === 0)
})
