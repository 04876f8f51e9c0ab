/** Bad input over HTTP: each piece has a clear answer, and afterwards nothing of it is in the store. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import type { Api } from './support/api.ts'
import { type ServerProcess, startServer } from './support/server.ts'
import type { CreatedSubscription, Listed, Published } from './support/shapes.ts'
import { nextRequest, startTarget, type Target } from './support/targets.ts'
import { within } from './support/until.ts'

let server: ServerProcess
let target: Target
let api: Api
/** What was published on purpose. */
let good = 0

before(async () => {
  server = await startServer()
  target = await startTarget()
  api = server.api
})
after(async () => {
  await target?.close()
  await server?.dispose()
})

const KIB = 1024
const MIB = 1024 * KIB
const event = (more: object = {}) => ({ event_type: 'a.b', data: 1, ...more })

async function publish(body: unknown): Promise<Published> {
  good += 1
  return await api.post<Published>('/events', body, 202)
}

const MALFORMED: ReadonlyArray<readonly [name: string, body: string | Uint8Array]> = [
  ['nothing', ''],
  ['white space', ' \n'],
  ['a cut-off object', '{"event_type":"a.b","data":'],
  ['a comma too many', '{"event_type":"a.b","data":1,}'],
  ['single quotes', "{'event_type':'a.b','data':1}"],
  ['NaN', '{"event_type":"a.b","data":NaN}'],
  ['a comment', '{"event_type":"a.b",/* */"data":1}'],
  ['a number with leading zeros', '{"event_type":"a.b","data":01}'],
  ['a raw line break in a text', '{"event_type":"a.b","data":"a\nb"}'],
  ['a raw NUL in a text', '{"event_type":"a.b","data":"a\0b"}'],
  ['something after the end', '{"event_type":"a.b","data":1} {}'],
  ['a broken escape', '{"event_type":"a.b","data":"\\x41"}'],
  [
    'bytes that are not UTF-8',
    Buffer.concat([
      Buffer.from('{"event_type":"a.b","data":"'),
      Uint8Array.of(0xff, 0xc0, 0xaf),
      Buffer.from('"}'),
    ]),
  ],
  [
    'a lone surrogate as bytes',
    Buffer.concat([
      Buffer.from('{"event_type":"a.b","data":"'),
      Uint8Array.of(0xed, 0xa0, 0x80),
      Buffer.from('"}'),
    ]),
  ],
]

for (const [name, body] of MALFORMED)
  test(`no JSON: ${name}`, async () => {
    await api.refused(400, 'json_malformed', 'POST', '/events', { body })
  })

const DEEP = 10_000
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

test('JSON nested 10,000 deep is refused, open or closed, in lists and objects, alone and in a batch', async () => {
  const bodies = [
    `{"event_type":"a.b","data":${nested(DEEP)}}`,
    `{"event_type":"a.b","data":${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}}`,
    `{"event_type":"a.b","data":${'['.repeat(DEEP)}`,
    nested(DEEP),
  ]
  for (const body of bodies) await api.refused(400, 'json_too_deep', 'POST', '/events', { body })
  const batch = `{"events":[${bodies[0]}]}`
  await api.refused(400, 'json_too_deep', 'POST', '/events/batch', { body: batch })
  const schema = `{"name":"a.b","schema":{"not":${'{"not":'.repeat(DEEP)}{}${'}'.repeat(DEEP)}}}`
  await api.refused(400, 'json_too_deep', 'POST', '/event-types', { body: schema })
  await publish(`{"event_type":"a.b","data":${nested(90)}}`)
})

const FIELDS: ReadonlyArray<readonly [path: string, body: unknown]> = [
  ['/unknown', event({ unknown: 1 })],
  ['/__proto__', '{"event_type":"a.b","data":1,"__proto__":{"event_id":"x"}}'],
  ['/constructor', '{"event_type":"a.b","data":1,"constructor":1}'],
  ['/event_type', { data: 1 }],
  ['/event_type', event({ event_type: 7 })],
  ['/event_type', event({ event_type: '' })],
  ['/event_type', event({ event_type: 'user created' })],
  ['/event_type', event({ event_type: 'user..created' })],
  ['/event_type', event({ event_type: '.user' })],
  ['/event_type', event({ event_type: 'user.*' })],
  ['/event_type', event({ event_type: 'us\u00e9r' })],
  ['/event_type', event({ event_type: 'user\u0000' })],
  ['/event_type', event({ event_type: 'user\r\nx: y' })],
  ['/event_type', event({ event_type: '\u{1f600}' })],
  ['/event_type', event({ event_type: 'a'.repeat(129) })],
  ['/event_id', event({ event_id: '' })],
  ['/event_id', event({ event_id: 5 })],
  ['/event_id', event({ event_id: 'a\r\nb' })],
  ['/event_id', event({ event_id: 'a\u0000' })],
  ['/event_id', event({ event_id: '\u{1f600}' })],
  ['/event_id', event({ event_id: 'a'.repeat(256) })],
  ['/occurred_at', event({ occurred_at: 'yesterday' })],
  ['/occurred_at', event({ occurred_at: 1_700_000_000_000 })],
  ['/occurred_at', event({ occurred_at: '2026-02-30T00:00:00Z' })],
  ['/occurred_at', event({ occurred_at: '2026-02-03T04:05:06' })],
  ['/deliver_at', event({ deliver_at: '2999-01-01T00:00:00Z' })],
  ['/data_base64', { event_type: 'a.b', data_base64: '%%%', content_type: 'a/b' }],
  ['/content_type', { event_type: 'a.b', data_text: 'a', content_type: 'a/b\r\nx: y' }],
]

for (const [at, [path, body]] of FIELDS.entries())
  test(`a field that does not fit is named: ${path}, case ${at}`, async () => {
    const problem = await api.refused(400, 'invalid_request', 'POST', '/events', { body })
    assert.ok(
      problem.errors.some((one) => one.path === path && one.message.length > 5),
      `${path}: ${JSON.stringify(problem)}`,
    )
  })

test('data is given in exactly one way', async () => {
  for (const body of [
    { event_type: 'a.b' },
    { event_type: 'a.b', data: 1, data_text: 'a' },
    { event_type: 'a.b', data_text: 'a', data_base64: 'YQ==' },
  ])
    await api.refused(400, 'invalid_request', 'POST', '/events', { body })
})

const SUBSCRIPTIONS: ReadonlyArray<readonly [path: string, more: Record<string, unknown>]> = [
  ['/name', { name: '' }],
  ['/name', { name: 'a\u0000' }],
  ['/name', { name: 'a'.repeat(201) }],
  ['/url', { url: 7 }],
  ['/url', { url: undefined }],
  ['/events', { events: [] }],
  ['/events', { events: 'user.*' }],
  ['/timeout_ms', { timeout_ms: 0 }],
  ['/timeout_ms', { timeout_ms: 30_001 }],
  ['/timeout_ms', { timeout_ms: '10' }],
  ['/max_in_flight', { max_in_flight: 0 }],
  ['/max_in_flight', { max_in_flight: 1.5 }],
  ['/rate_limit', { rate_limit: 5 }],
  ['/retry', { retry: 'never' }],
  ['/on_client_error', { on_client_error: 'ignore' }],
  ['/signature/scheme', { signature: { scheme: 'md5' } }],
  ['/signature/header_prefix', { signature: { scheme: 'split', header_prefix: 'a b' } }],
  ['/format', { format: 'xml' }],
  ['/active', { active: 'yes' }],
  ['/headers', { headers: ['a'] }],
  ['/colour', { colour: 'red' }],
]

for (const [at, [path, more]] of SUBSCRIPTIONS.entries())
  test(`a subscription that does not fit is refused by the field: ${path}, case ${at}`, async () => {
    const body = { name: 'a', url: target.url, events: ['*'], ...more }
    const problem = await api.refused(400, 'invalid_request', 'POST', '/subscriptions', { body })
    assert.ok(
      problem.errors.some((one) => one.path.startsWith(path)),
      JSON.stringify(problem),
    )
  })

test('bodies over the limits are answered 413, with and without content-length', async () => {
  const text = (bytes: number) => `{"event_type":"a.b","data":"${'x'.repeat(bytes - 2)}"}`
  await publish(text(MIB))
  await api.refused(413, 'body_too_large', 'POST', '/events', { body: text(MIB + 1) })
  await api.refused(413, 'body_too_large', 'POST', '/events', { body: text(3 * MIB) })
  const batch = `{"events":[${Array.from({ length: 6 }, () => text(MIB - 100)).join(',')}]}`
  await api.refused(413, 'body_too_large', 'POST', '/events/batch', { body: batch })

  const piece = Buffer.from(' '.repeat(64 * KIB))
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += piece.length
      if (sent > 64 * MIB) controller.close()
      else controller.enqueue(piece)
    },
  })
  const answer = await fetch(`${server.url}/api/v1/webhooks/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    body: endless,
    duplex: 'half',
  } as RequestInit).then(
    async (response) => [response.status, JSON.parse(await response.text()).code],
    // The server may answer and cut the connection before this side has stopped writing.
    () => [413, 'body_too_large'],
  )
  assert.deepEqual(answer, [413, 'body_too_large'])
  assert.ok(sent < 64 * MIB, 'all of it was read')
})

test('other media types are answered 415', async () => {
  for (const type of [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'nonsense',
  ])
    await api.refused(415, 'media_type_unsupported', 'POST', '/events', {
      body: JSON.stringify(event()),
      headers: { 'content-type': type },
    })
  good += 1
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  await api.call('POST', '/events', { body: JSON.stringify(event()), headers, status: 202 })
})

test('paths and methods that are not there', async () => {
  await api.refused(404, 'not_found', 'GET', '/nothing')
  await api.refused(404, 'not_found', 'GET', 'root:/nothing')
  const answer = await api.call('PUT', '/events', { body: event() })
  assert.equal(answer.status, 405)
  assert.deepEqual((answer.headers.get('allow') ?? '').split(/,\s*/).sort(), ['GET', 'HEAD', 'POST'])
  for (const id of [
    'sub_x',
    '%00',
    '%ff',
    '..%2f..%2fetc%2fpasswd',
    '__proto__',
    'constructor',
    '%F0%9F%98%80',
    "'%20or%201=1",
  ])
    for (const list of ['subscriptions', 'events', 'deliveries', 'replays', 'event-types']) {
      const got = await api.call<{ code: string }>('GET', `/${list}/${id}`)
      assert.ok([400, 404].includes(got.status), `${list}/${id}: ${got.status} ${got.text}`)
      assert.match(got.headers.get('content-type') ?? '', /^application\/problem\+json/)
    }
  const long = await api.call('GET', `/events/${'a'.repeat(100_000)}`)
  assert.ok([400, 404, 414, 431].includes(long.status), String(long.status))
})

test('no key, a wrong key, another scheme, a key in the query: 401 and nothing more', async () => {
  const nobody = server.apiAs(null)
  const problem = await nobody.refused(401, 'unauthorized', 'GET', '/events')
  assert.doesNotMatch(problem.detail, new RegExp(server.key))
  assert.match((await nobody.call('GET', '/events')).headers.get('www-authenticate') ?? '', /^Bearer/)
  await nobody.refused(401, 'unauthorized', 'GET', `/events?key=${server.key}&access_token=${server.key}`)
  const wrong = [`${server.key}x`, server.key.slice(0, -1), 'a', 'a'.repeat(5000), '__proto__']
  for (const key of wrong) await server.apiAs(key).refused(401, 'unauthorized', 'GET', '/events')
  const basic = `Basic ${Buffer.from(`admin:${server.key}`).toString('base64')}`
  for (const authorization of [basic, server.key, 'Bearer', 'Bearer ', `Bearer ${server.key} x`])
    await nobody.refused(401, 'unauthorized', 'GET', '/events', { headers: { authorization } })
  // Who is nobody learns nothing of what is there: not of bodies, ids or paths below the base.
  await nobody.refused(401, 'unauthorized', 'POST', '/events', { body: '{' })
  await nobody.refused(401, 'unauthorized', 'GET', '/subscriptions/sub_x')
})

test('names of the prototype are names like any other, all the way', async () => {
  const subscription = { name: 'p', url: target.url, events: ['__proto__', 'constructor.*'], format: 'raw' }
  const { id } = await api.post<CreatedSubscription>('/subscriptions', subscription, 201)
  const data = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
  for (const [type, eventId] of [
    ['__proto__', '__proto__'],
    ['constructor.prototype', 'constructor'],
  ]) {
    const made = await publish(`{"event_type":"${type}","event_id":"${eventId}","data":${data}}`)
    assert.deepEqual(made, { event_id: eventId, deliveries: 1, duplicate: false })
    assert.equal(Buffer.from((await nextRequest(target)).body).toString(), data)
    assert.match((await api.call('GET', `/events/${eventId}`)).text, /"__proto__":\{"polluted":true\}/)
  }
  const body = '{"name":"a","url":"https://example.com","events":["*"],"headers":{"__proto__":"a"}}'
  const answer = await api.call('POST', '/subscriptions', { body })
  assert.ok([400, 422].includes(answer.status), answer.text)
  assert.equal('polluted' in (await api.get<object>('/events')), false)
  await api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

/** Writes bytes to the server and reads until it closes the connection. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(server.url)
  const answer = new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk
    })
    socket.on('close', () => resolve(got))
    socket.on('error', (error) => (got === '' ? reject(error) : resolve(got)))
  })
  return within('the server to close the connection', answer, 20_000)
}

const BROKEN: ReadonlyArray<readonly [name: string, text: string]> = [
  ['no HTTP at all', '\x16\x03\x01\x02\x00\r\n\r\n'],
  ['no host', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n'],
  [
    'two lengths',
    'POST /api/v1/webhooks/events HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}',
  ],
  [
    'a length and chunks',
    'POST /api/v1/webhooks/events HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a bare carriage return', 'GET /healthz HTTP/1.1\r\nhost: a\rb\r\n\r\n'],
  ['headers without end', `GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
]

for (const [name, text] of BROKEN)
  test(`a broken request is answered and its connection closed: ${name}`, async () => {
    assert.match(await raw(text), /^HTTP\/1\.1 4(?:00|31) /)
    assert.equal((await api.call('GET', 'root:/healthz')).status, 200)
  })

test('nothing of all that is in the store, and the server is ready', async () => {
  assert.equal((await api.all('/events')).length, good)
  assert.equal((await api.get<Listed<unknown>>('/subscriptions')).data.length, 0)
  assert.equal((await api.get<Listed<unknown>>('/event-types')).data.length, 0)
  assert.equal((await api.call('GET', 'root:/readyz')).status, 200)
  assert.doesNotMatch(server.run.stderr, /"level":"?(?:error|50)/)
})
