/** What one tenant can ask for without end is bounded, and holds up nobody else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LiveMessage, LiveStreams } from '../../src/api/http/live-streams.ts'
import { writeCursor } from '../../src/domain/cursor.ts'
import { find } from '../../src/engine/insight/finder.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { openDesk } from './support/console.ts'
import { MARK, openScene } from './support/two-tenants.ts'

test('a tenant has twenty bulks and replays under way, asked for one by one or all at once', async (t) => {
  // Not started: what is begun goes on running.
  const desk = await openDesk(t)
  const [a, b] = [await desk.tenant('a'), await desk.tenant('b')]
  const target = { name: 'x', url: 'http://127.0.0.1:9/', events: ['*'] }
  const { id } = (await desk.keyed('POST', '/subscriptions', target, a.key)).json<{ id: string }>()
  const bulk = { action: 'drop', ids: ['dlv_01a1ffb5-131e-731f-b4d0-e5a8262fc125'] }
  const asks: ReadonlyArray<readonly [path: string, body: object]> = [
    ['/deliveries/bulk', bulk],
    [`/subscriptions/${id}/replay`, { since: '2020-01-01T00:00:00Z' }],
  ]
  for (const [path, body] of asks) {
    const answers = await Promise.all(Array.from({ length: 25 }, () => desk.keyed('POST', path, body, a.key)))
    const statuses = answers.map(({ statusCode }) => statusCode)
    assert.deepEqual(
      statuses.toSorted(),
      [...Array<number>(20).fill(202), ...Array<number>(5).fill(409)],
      path,
    )
  }
  assert.equal((await desk.keyed('POST', '/deliveries/bulk', bulk, b.key)).statusCode, 202)
  const [first] = (await desk.keyed('GET', '/deliveries/bulk', undefined, a.key)).json<{
    data: Array<{ id: string }>
  }>().data
  await desk.keyed('POST', `/deliveries/bulk/${first?.id}/cancel`, undefined, a.key)
  assert.equal((await desk.keyed('POST', '/deliveries/bulk', bulk, a.key)).statusCode, 202)
  // By a filter it is counted first, which is a heavy read: of many at once some are told to come again.
  const filtered = { action: 'drop', filter: {} }
  const asked = Array.from({ length: 19 }, () => desk.keyed('POST', '/deliveries/bulk', filtered, b.key))
  const statuses = (await Promise.all(asked)).map(({ statusCode }) => statusCode)
  assert.deepEqual([...new Set(statuses)].toSorted(), [202, 429])
})

test('searches and overviews of one tenant wait for each other, and more than eight are told to come again', async (t) => {
  const desk = await openDesk(t)
  const [a, b] = [await desk.tenant('a'), await desk.tenant('b')]
  const ask = (path: string, key: string) => desk.keyed('GET', path, undefined, key)
  const searches = Array.from({ length: 30 }, (_, n) => ask(`/events?text=find-${n}`, a.key))
  const others = ['/events?text=mine', '/overview', '/dead-letters'].map((path) => ask(path, b.key))
  const overviews = Array.from({ length: 30 }, () => ask('/overview', b.key))
  const refused = (await Promise.all(searches)).filter(({ statusCode }) => statusCode === 429)
  assert.ok(refused.length > 0 && refused.length <= 22, String(refused.length))
  assert.equal(refused[0]?.headers['retry-after'], '1')
  for (const answer of [...others, ...overviews]) assert.equal((await answer).statusCode, 200)
  assert.equal((await ask('/events?text=again', a.key)).statusCode, 200)
})

test('whatever is given as a cursor, with a right checksum too, is a place in the own list or refused', async (t) => {
  const { desk, mine, other } = await openScene(t)
  const tenantId = (await desk.keyed('GET', `/tenants/${mine.tenant}`)).json<{ id: string }>().id
  const none = { since: null, until: null }
  const lists = [
    ['/events', { list: 'events', filter: { tenantId, eventType: null, ...none } }],
    ['/audit', { list: 'audit', filter: { tenantId, action: null, actor: null, objectId: null, ...none } }],
    ['/subscriptions', { list: 'subscriptions', filter: { tenantId } }],
    ['/event-types', { list: 'event-types', filter: { tenantId } }],
    ['/alert-rules', { list: 'alert-rules', filter: { tenantId } }],
  ] as const
  const places = [
    '0',
    '-1',
    '1e9',
    '99999999',
    '9999999999999999',
    'NaN',
    'aud_zzz',
    "'--",
    '%',
    other.event,
    'x'.repeat(300),
  ]
  const taken = new Set<string>()
  const ask = async (path: string, cursor: string) => {
    const answer = await desk.keyed(
      'GET',
      `${path}?limit=1&cursor=${encodeURIComponent(cursor)}`,
      undefined,
      mine.key,
    )
    assert.ok([200, 400].includes(answer.statusCode), `${path} ${cursor}: ${answer.body}`)
    assert.ok(!answer.body.includes(MARK), `${path} ${cursor}: ${answer.body}`)
    if (answer.statusCode === 200) taken.add(path)
  }
  for (const [path, scope] of lists) {
    for (const place of places) await ask(path, writeCursor(scope, place))
    for (const text of ['', '%00', 'MTo', '\u0000', 'a'.repeat(2000), '..', '__proto__'])
      await ask(path, text || ' ')
  }
  // Else nothing was forged.
  assert.ok(taken.has('/events') && taken.has('/audit'), [...taken].join())
})

test('a reader that does not read costs a megabyte, and then its stream', () => {
  const clock = new FakeClock()
  const streams = new LiveStreams({ holds: async () => true }, clock)
  const principal = { keyId: 'key_1', tenantId: 'ten_1', scope: 'read', name: '', sessionId: null } as const
  let tell: (messages: readonly LiveMessage[]) => void = () => assert.fail()
  let closed = 0
  const stream = streams.open(principal, (given) => {
    tell = given
    return () => {
      closed += 1
    }
  })
  const news = [{ event: 'event', id: 1, data: 'x'.repeat(16_384) }]
  for (let count = 0; count < 1000; count += 1) tell(news)
  assert.ok(stream.readableLength < 1_048_576 + 2 * 16_384, String(stream.readableLength))
  assert.deepEqual([streams.size, closed], [0, 1])
})

test('text that is looked for has no signs of its own', async (t) => {
  const desk = await openDesk(t)
  const { key } = await desk.tenant('a')
  for (const data of ['100 % sure', 'under_score', 'plain', 'back\\slash'])
    await desk.keyed('POST', '/events', { event_type: 'a.b', data }, key)
  const found = async (text: string) =>
    (await desk.keyed('GET', `/events?text=${encodeURIComponent(text)}`, undefined, key))
      .json<{ data: Array<{ data: string }> }>()
      .data.map(({ data }) => data)
  assert.deepEqual(await found('100 %'), ['100 % sure'])
  assert.deepEqual(await found('r_s'), ['under_score'])
  for (const text of ['%%', '__', '.*', '(a+)+$', 'p%n', 'pl_in', '[a-z]', "' or 1=1 --"])
    assert.deepEqual(await found(text), [], text)
})

test('a tenant has a hundred alert rules, and the operator too, asked for all at once among those of others', async (t) => {
  const desk = await openDesk(t)
  const tenants = await Promise.all(['a', 'b', 'c'].map((slug) => desk.tenant(slug)))
  const rule = { name: 'x', when: { kind: 'dead_letters', above: 0 } }
  const many = async (key?: string) => {
    const answers = Array.from({ length: 105 }, () => desk.keyed('POST', '/alert-rules', rule, key))
    return (await Promise.all(answers)).filter(({ statusCode }) => statusCode === 201).length
  }
  assert.equal(await many(), 100)
  for (const { key } of tenants) assert.equal(await many(key), 100)
  // The newest there are now are all others'.
  assert.equal((await desk.keyed('POST', '/alert-rules', rule)).statusCode, 409)
})

test('a letter that many names begin with is looked for until there are enough', async () => {
  let looked = 0
  const names = Array.from({ length: 100_000 }, (_, n) => ({
    id: `sub_${n}`,
    get name() {
      looked += 1
      return `Customer ${n}`
    },
  }))
  const view = {
    subscriptions: new Map(names.map((one) => [one.id, one])),
    sources: new Map(),
    eventTypes: new Map(),
  }
  const parts = { store: { events: { get: async () => null } }, directory: { tenantView: async () => view } }
  const found = await find(parts as unknown as Parameters<typeof find>[0], 'ten_1', 'c')
  assert.equal(found.length, 20)
  assert.ok(looked <= 60, String(looked))
})
