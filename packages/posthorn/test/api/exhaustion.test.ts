/** What one tenant can ask for without end is bounded, and holds up nobody else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDesk } from './support/console.ts'

test('a tenant has twenty bulks and replays under way, asked for one by one or all at once', async (t) => {
  // Not started: what is begun goes on running.
  const desk = await openDesk(t)
  const [a, b] = [await desk.tenant('a'), await desk.tenant('b')]
  const target = { name: 'x', url: 'http://127.0.0.1:9/', events: ['*'] }
  const { id } = (await desk.keyed('POST', '/subscriptions', target, a.key)).json<{ id: string }>()
  const bulk = { action: 'drop', filter: {} }
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
