/** What the contract refuses of sources and requests, and what becomes of bytes on the wire. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROVIDERS } from '@posthorn/receiver/providers'
import type { OperationId } from '../../src/api/contract/operations.ts'
import { type Asked, ask, makeRig, problemOf } from './support/api.ts'
import { REQUEST } from './support/fake-use-cases.ts'

const SOURCE = { slug: 'github', provider: 'github' }

const REFUSALS: ReadonlyArray<readonly [asked: Asked & { id: OperationId }, path: string, message: RegExp]> =
  [
    [{ id: 'createSource', body: { provider: 'github' } }, '/slug', /is missing/],
    [{ id: 'createSource', body: { ...SOURCE, slug: 'src_1' } }, '/slug', /not beginning with src_/],
    [{ id: 'createSource', body: { ...SOURCE, secret: 'x' } }, '/secret', /not a known field/],
    [{ id: 'createSource', body: { ...SOURCE, secrets: 'x' } }, '/secrets', /a list of at most 5 texts/],
    [
      { id: 'createSource', body: { ...SOURCE, settings: { a: 1 } } },
      '/settings/a',
      /a text or a list of texts/,
    ],
    [
      { id: 'createSource', body: { ...SOURCE, tolerance_s: -1 } },
      '/tolerance_s',
      /must be a whole number from 0/,
    ],
    [{ id: 'createSource', body: { ...SOURCE, test_events: 'drop' } }, '/test_events', /"handle", "skip"/],
    [
      { id: 'createSource', payload: '{"slug":"a","provider":"b","settings":{"__proto__":"x"}}' },
      '/settings/__proto__',
      /may not be a name/,
    ],
    [{ id: 'updateSource', body: {} }, '', /at least one field/],
    [{ id: 'updateSource', body: { slug: 'other' } }, '/slug', /not a known field/],
    [{ id: 'letThrough', body: { for_s: 0 } }, '/for_s', /must be a whole number from 1 to 86400/],
    [{ id: 'listRequests', query: { verdict: 'bad' } }, 'query/verdict', /"accepted", "duplicate"/],
    [
      { id: 'replayRequest', body: { body_text: 'a', body_base64: 'YQ==' } },
      '/body_base64',
      /excludes body_text/,
    ],
    [{ id: 'replayRequest', body: { body_base64: 'YQ' } }, '/body_base64', /must be base64/],
    [{ id: 'replayRequest', payload: '{"body_text":"\\ud800"}' }, '/body_text', /half a surrogate pair/],
    [{ id: 'replayRequest', body: { headers: { 'a b': 'c' } } }, '/headers/a b', /may not be a name/],
    [
      { id: 'createSubscription', body: { name: 'a', url: 'u', events: ['*'], source: 7 } },
      '/source',
      /slug of a source/,
    ],
  ]

for (const [asked, path, message] of REFUSALS)
  test(`refused: ${asked.id} ${asked.payload ?? JSON.stringify(asked.body ?? asked.query)}`, async () => {
    const rig = makeRig()
    const { id, ...rest } = asked
    const problem = await problemOf(await ask(rig, id, rest), 400, 'invalid_request')
    const flaw = problem.errors.find((one) => one.path === path)
    assert.ok(flaw !== undefined, JSON.stringify(problem.errors))
    assert.match(flaw.message, message)
    assert.ok(rig.calls.every(({ name }) => !/^(sources|requests|subscriptions)\./.test(name)))
  })

const BODIES: ReadonlyArray<readonly [bytes: Buffer | null, shown: Record<string, unknown>]> = [
  [null, { body_bytes: null }],
  [Buffer.alloc(0), { body_bytes: 0, body_text: '' }],
  [Buffer.from('\ufeff{}\r\n\0'), { body_bytes: 8, body_text: '\ufeff{}\r\n\0' }],
  [Buffer.from([0xff, 0xfe]), { body_bytes: 2, body_base64: '//4=' }],
]

for (const [body, shown] of BODIES)
  test(`a body is shown so that it can be sent back: ${JSON.stringify(shown)}`, async () => {
    const rig = makeRig({ requests: { get: async () => ({ ...REQUEST, body }) } })
    const answer = (await ask(rig, 'getRequest')).json<Record<string, unknown>>()
    const { body_bytes, body_text, body_base64 } = answer
    assert.deepEqual(JSON.parse(JSON.stringify({ body_bytes, body_text, body_base64 })), shown)
    if (body === null) return
    const back = body_text === undefined ? { body_base64 } : { body_text }
    assert.equal((await ask(rig, 'replayRequest', { body: back })).statusCode, 202)
    const replay = rig.calls.find(({ name }) => name === 'requests.replay') ?? assert.fail()
    assert.deepEqual((replay.args[3] as { body: Buffer }).body, body)
  })

test('presets come by name, page by page, with settings in snake_case', async () => {
  const rig = makeRig()
  const first = await ask(rig, 'listProviders', { query: { limit: '3' } })
  const page = first.json<{ data: Array<{ name: string }>; next_cursor: string }>()
  assert.deepEqual(
    page.data.map(({ name }) => name),
    Object.keys(PROVIDERS).slice(0, 3),
  )
  const second = await ask(rig, 'listProviders', { query: { limit: '250', cursor: page.next_cursor } })
  const rest = second.json<{
    data: Array<{ name: string; settings: Array<{ name: string }> }>
    next_cursor: null
  }>()
  assert.equal(rest.next_cursor, null)
  assert.equal(rest.data.length + 3, Object.keys(PROVIDERS).length)
  const paypal = rest.data.find(({ name }) => name === 'paypal')
  assert.deepEqual(
    paypal?.settings.map(({ name }) => name),
    ['webhook_id'],
  )
  await problemOf(await ask(rig, 'listProviders', { query: { cursor: 'x' } }), 400, 'cursor_invalid')
})
