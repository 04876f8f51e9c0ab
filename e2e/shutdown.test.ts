/** SIGTERM while events are published and attempted: a clean end, nothing lost, and nothing sent twice. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { Progress } from './support/progress.ts'
import { ledgerPublisher } from './support/publisher.ts'
import { ADMIN_KEY, LOOPBACK, Run, ServerProcess, startServer } from './support/server.ts'
import type { CreatedSubscription, Delivery, Published } from './support/shapes.ts'
import { arrived, startTarget } from './support/targets.ts'
import { until, within } from './support/until.ts'

const EVENTS = 600
const STOPS = 4

test('SIGTERM under load ends with 0, loses no event and sends none twice', {
  timeout: 120_000,
}, async (t) => {
  const atTarget = new Progress<'arrived'>()
  const target = await startTarget({
    answer: () => {
      atTarget.add('arrived')
      return {}
    },
  })
  t.after(() => target.close())
  const server = new ServerProcess()
  t.after(() => server.dispose())
  await server.start()
  const subscription = { name: 'load', url: target.url, events: ['*'], format: 'raw' }
  await server.api.post<CreatedSubscription>('/subscriptions', subscription, 201)
  const events = Array.from({ length: EVENTS }, (_, at) => ({ id: `load-${at}`, data: `{"number":${at}}` }))
  const publisher = ledgerPublisher({ server, eventType: 'load.test', events, atOnce: 8 })
  publisher.serverIsUp()
  const published = publisher.run()
  for (let stop = 1; stop <= STOPS; stop += 1) {
    const share = Math.floor((EVENTS * stop) / (STOPS + 1))
    publisher.allow(share + 50)
    await within('events at the target', atTarget.reach('arrived', share), 30_000)
    publisher.serverIsDown()
    const end = await server.kill('SIGTERM')
    assert.deepEqual(end, { code: 0, signal: null }, server.run.stderr)
    // The lock's holder and the journal go with an orderly end.
    assert.deepEqual(readdirSync(server.dataDir).sort(), ['posthorn.db', 'posthorn.lock', 'secret.key'])
    await server.start()
    publisher.serverIsUp()
  }
  publisher.allow(EVENTS)
  await within('the last events to be accepted', published, 30_000)
  await until('nothing to be pending', async () => {
    const { data } = await server.api.get<{ data: unknown[] }>('/deliveries?state=pending')
    return data.length === 0
  })
  const ids = target.requests.map((request) => request.header('webhook-id'))
  assert.equal(new Set(ids).size, EVENTS)
  assert.equal(ids.length, EVENTS, 'some came twice')
  const deliveries = await server.api.all<Delivery>('/deliveries')
  assert.equal(deliveries.length, EVENTS)
  for (const { state, attempts } of deliveries) assert.deepEqual([state, attempts], ['delivered', 1])
})

test('an attempt that outlives the drain is cut off, costs no attempt, and is made after the restart', async (t) => {
  const target = await startTarget({ answer: { after: new Promise(() => {}) } })
  t.after(() => target.close())
  const server = await startServer({ flags: [...LOOPBACK, '--drain-ms', '200'] })
  t.after(() => server.dispose())
  const subscription = { name: 'slow', url: target.url, events: ['*'], timeout_ms: 30_000 }
  await server.api.post<CreatedSubscription>('/subscriptions', subscription, 201)
  const { event_id } = await server.api.post<Published>('/events', { event_type: 'a.b', data: 1 }, 202)
  await arrived(target, 1)
  assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null }, server.run.stderr)
  target.answer({})
  await server.start()
  const [delivery] = await until('the delivery to be delivered', async () => {
    const rows = await server.api.all<Delivery>(`/events/${event_id}/deliveries`)
    return rows[0]?.state === 'delivered' && rows
  })
  assert.equal(delivery?.attempts, 1)
  assert.deepEqual(
    target.requests.map((request) => request.header('posthorn-attempt')),
    ['1', '1'],
  )
})

test('an attempt that ends within the drain is waited for, and recorded', async (t) => {
  const gate = Promise.withResolvers<void>()
  const target = await startTarget({ answer: { after: gate.promise } })
  t.after(() => target.close())
  const server = await startServer()
  t.after(() => server.dispose())
  await server.api.post('/subscriptions', { name: 'slow', url: target.url, events: ['*'] }, 201)
  const { event_id } = await server.api.post<Published>('/events', { event_type: 'a.b', data: 1 }, 202)
  await arrived(target, 1)
  const { url, run } = server
  run.kill('SIGTERM')
  // It takes no more requests, and waits.
  await until('the server to take no more requests', async () => {
    return await fetch(`${url}/healthz`).then(
      (response) => response.status === 503,
      () => true,
    )
  })
  gate.resolve()
  assert.deepEqual(await within('the end of the server', run.exited), { code: 0, signal: null }, run.stderr)
  await server.start()
  const [delivery] = await server.api.all<Delivery>(`/events/${event_id}/deliveries`)
  assert.deepEqual([delivery?.state, delivery?.attempts], ['delivered', 1])
  assert.equal(target.requests.length, 1)
})

test('a second server on the same folder is refused with a message, and the first goes on', async (t) => {
  const server = await startServer()
  t.after(() => server.dispose())
  const second = new Run(['serve', '--port', '0', '--data-dir', server.dataDir, '--admin-key', ADMIN_KEY])
  t.after(() => second.kill('SIGKILL'))
  const { code } = await within('the end of the second server', second.exited, 30_000)
  assert.ok(code !== 0 && code !== null, String(code))
  assert.equal(second.stdout, '')
  assert.match(second.stderr, new RegExp(`in use by process ${server.pid} `))
  assert.match(second.stderr, /--data-dir/)
  assert.doesNotMatch(second.stderr, /\n\s+at /, 'a stack trace is no clear message')
  assert.equal((await server.api.call('GET', 'root:/readyz')).status, 200)
  await server.api.post<Published>('/events', { event_type: 'a.b', data: 1 }, 202)
})

test('a folder that a killed server left can be used again at once', async (t) => {
  const server = await startServer()
  t.after(() => server.dispose())
  const { event_id } = await server.api.post<Published>('/events', { event_type: 'a.b', data: { a: 1 } }, 202)
  await server.kill('SIGKILL')
  await server.start()
  const event = await server.api.get<{ data: unknown }>(`/events/${event_id}`)
  assert.deepEqual(event.data, { a: 1 })
})

const MISTAKES: ReadonlyArray<readonly [name: string, flags: readonly string[], says: RegExp]> = [
  ['an admin key that is too short', ['--admin-key', 'short'], /--admin-key.*24/],
  ['a port that is none', ['--port', '70000'], /--port.*65535/],
  ['a network that is none', ['--allow-network', '10.0.0.0/99'], /--allow-network.*CIDR/],
  ['an unknown option', ['--colour', 'red'], /--colour/],
]

for (const [name, flags, says] of MISTAKES)
  test(`serve refuses ${name}, and says which`, async (t) => {
    const run = new Run(['serve', '--port', '0', ...flags])
    t.after(() => run.kill('SIGKILL'))
    const { code } = await within('the end of the server', run.exited, 30_000)
    assert.ok(code !== 0 && code !== null)
    assert.match(run.stderr, says)
    assert.doesNotMatch(run.stderr, /\n\s+at /)
  })
