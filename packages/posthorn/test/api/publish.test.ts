import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosthornError } from '../../src/domain/error.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import type { PublishInput } from '../../src/engine/use-cases.ts'
import { type Asked, ask, makeRig, problemOf, type Rig } from './support/api.ts'
import { published } from './support/fake-use-cases.ts'

interface BatchAnswer {
  readonly results: ReadonlyArray<{
    code?: string
    event_id?: string
    status?: number
    errors?: unknown[]
    detail?: string
  }>
}

/** What the engine was given. */
function publishedInput(rig: Rig): PublishInput {
  const call = rig.calls.find(({ name }) => name === 'events.publish')
  assert.ok(call, 'nothing was published')
  return call.args[1] as PublishInput
}

function publish(rig: Rig, asked: Asked) {
  return ask(rig, 'publishEvent', asked)
}

async function refused(asked: Asked, status: number, code: string) {
  const rig = makeRig()
  const problem = await problemOf(await publish(rig, asked), status, code)
  assert.ok(!rig.calls.some(({ name }) => name.startsWith('events.')), 'it reached the engine')
  return problem
}

const TRICKY = [
  '{ "b" : 1.0,"a":12345678901234567890 }',
  '  [1e400, -0, 0.10]\n',
  '"\\u00e9\\ud83d\\ude00 é\\/"',
  '{"a":1,"a":2}',
  '{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}}}',
  'null',
  'false',
]

for (const data of TRICKY) {
  test(`data reaches the engine as the bytes that were sent: ${JSON.stringify(data)}`, async () => {
    const rig = makeRig()
    const response = await publish(rig, { payload: `{"event_type":"a.b" ,"data":${data},"event_id":"e"}` })
    assert.equal(response.statusCode, 202)
    assert.equal(Buffer.from(publishedInput(rig).data).toString(), data.trim())
    assert.equal(({} as { admin?: boolean }).admin, undefined)
  })
}

test('text and other bytes are published under their content type', async () => {
  const text = makeRig()
  await publish(text, { body: { event_type: 'a.b', data_text: 'grüße\r\n', content_type: 'text/plain' } })
  assert.deepEqual(publishedInput(text), {
    type: 'a.b',
    data: Buffer.from('grüße\r\n'),
    contentType: 'text/plain',
    requestId: publishedInput(text).requestId ?? assert.fail(),
  })
  const bytes = makeRig()
  await publish(bytes, {
    body: { event_type: 'a.b', data_base64: 'AP8=', content_type: 'application/octet-stream' },
  })
  assert.deepEqual(Buffer.from(publishedInput(bytes).data), Buffer.from([0, 255]))
})

test('exactly one of the three kinds of data is wanted, with its content type', async () => {
  const cases: Array<[body: object, path: string]> = [
    [{ event_type: 'a.b' }, '/data'],
    [{ event_type: 'a.b', data: 1, data_text: 'x', content_type: 'text/plain' }, '/data'],
    [{ event_type: 'a.b', data_text: 'x', data_base64: 'AA==', content_type: 'text/plain' }, '/data'],
    [{ event_type: 'a.b', data: 1, content_type: 'application/json' }, '/content_type'],
    [{ event_type: 'a.b', data_text: 'x' }, '/content_type'],
    [{ event_type: 'a.b', data_base64: 'AA==' }, '/content_type'],
    [{ event_type: 'a.b', data_base64: 'A', content_type: 'text/plain' }, '/data_base64'],
    [{ event_type: 'a.b', data_base64: 'A_-=', content_type: 'text/plain' }, '/data_base64'],
    [{ event_type: 'a.b', data_base64: 'QUI', content_type: 'text/plain' }, '/data_base64'],
    [{ event_type: 'a.b', data_text: 'x', content_type: 'text/plain\r\nx-a: b' }, '/content_type'],
    [{ event_type: 'a.b', data_text: 'x', content_type: 'plain' }, '/content_type'],
  ]
  for (const [body, path] of cases) {
    const problem = await refused({ body }, 400, 'invalid_request')
    assert.equal(problem.errors[0]?.path, path, JSON.stringify(body))
  }
  await refused(
    { payload: '{"event_type":"a.b","data_text":"\\ud800","content_type":"text/plain"}' },
    400,
    'invalid_request',
  )
})

test('fields that are unknown, of the wrong type or given twice are refused by name', async () => {
  const cases: Array<[payload: string, path: string, message: RegExp]> = [
    ['{"event_type":"a.b","data":1,"extra":1}', '/extra', /not a known field/],
    ['{"event_type":"a.b","data":1,"__proto__":{"x":1}}', '/__proto__', /not a known field/],
    ['{"event_type":"a.b","data":1,"constructor":{"prototype":1}}', '/constructor', /not a known field/],
    ['{"event_type":"a.b","data":1,"a/b~":1}', '/a~1b~0', /not a known field/],
    ['{"event_type":"a.b","data":1,"data":2}', '/data', /twice/],
    ['{"event_type":"a.b","data":1,"\\u0065vent_type":"c.d"}', '/event_type', /twice/],
    ['{"event_type":5,"data":1}', '/event_type', /must be a text/],
    ['{"data":1}', '/event_type', /is missing/],
    ['{"event_type":"","data":1}', '/event_type', /^is empty$/],
    [`{"event_type":"${'a'.repeat(129)}","data":1}`, '/event_type', /too long: 128 characters at most/],
    ['{"event_type":"a.b","data":1,"event_id":null}', '/event_id', /must be a text/],
    ['{"event_type":"a.b","data":1,"occurred_at":"yesterday"}', '/occurred_at', /must be an instant/],
    ['{"event_type":"a.b","data":1,"occurred_at":1769860800000}', '/occurred_at', /must be an instant/],
    [
      '{"event_type":"a.b","data":1,"deliver_at":"2026-02-30T00:00:00Z"}',
      '/deliver_at',
      /must be an instant/,
    ],
    ['{"event_type":"a.b","data":1,"deliver_at":"2026-01-01T00:00:00"}', '/deliver_at', /must be an instant/],
    ['[]', '', /must be an object/],
    ['"text"', '', /must be an object/],
  ]
  for (const [payload, path, message] of cases) {
    const problem = await refused({ payload }, 400, 'invalid_request')
    assert.deepEqual(
      [problem.errors[0]?.path, message.test(problem.errors[0]?.message ?? '')],
      [path, true],
      `${payload}: ${JSON.stringify(problem)}`,
    )
  }
  assert.equal(({} as { x?: number }).x, undefined)
})

test('what is no JSON is refused with its place, and nesting of 10,000 as such', async () => {
  const malformed = await refused({ payload: '{"event_type":"a.b",\n"data":tru}' }, 400, 'json_malformed')
  assert.match(malformed.detail, /line 2, column 8/)
  await refused({ payload: '' }, 400, 'json_malformed')
  await refused({ payload: Buffer.from([0x7b, 0xff, 0x7d]) }, 400, 'json_malformed')
  await refused({ payload: '\ufeff{}' }, 400, 'json_malformed')
  const deep = '['.repeat(10_000) + ']'.repeat(10_000)
  const problem = await refused({ payload: `{"event_type":"a.b","data":${deep}}` }, 400, 'json_too_deep')
  assert.match(problem.detail, /deeper than 101 levels at line 1, column/)
})

test('data of exactly the allowed depth and size passes, one more does not', async () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  const deepest = await publish(makeRig(), {
    payload: `{"event_type":"a.b","data":${nested(LIMITS.jsonDepth)}}`,
  })
  assert.equal(deepest.statusCode, 202)
  await refused(
    { payload: `{"event_type":"a.b","data":${nested(LIMITS.jsonDepth + 1)}}` },
    400,
    'json_too_deep',
  )
  const text = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2))
  const largest = await publish(makeRig(), {
    payload: `{"event_type":"a.b","data":${text(LIMITS.eventDataBytes)}}`,
  })
  assert.equal(largest.statusCode, 202)
  const payload = `{"event_type":"a.b","data":${text(LIMITS.eventDataBytes + 1)}}`
  const problem = await refused({ payload }, 413, 'body_too_large')
  assert.match(problem.detail, /1048577 bytes; .* may have 1048576/)
  await refused({ payload: ' '.repeat(LIMITS.requestBodyBytes + 1) }, 413, 'body_too_large')
})

test('the header idempotency-key stands for event_id, and may not say something else', async () => {
  const rig = makeRig()
  const headers = { 'idempotency-key': 'id-1' }
  await publish(rig, { headers, body: { event_type: 'a.b', data: 1 } })
  assert.equal(publishedInput(rig).id, 'id-1')
  const both = await publish(makeRig(), { headers, body: { event_type: 'a.b', data: 1, event_id: 'id-1' } })
  assert.equal(both.statusCode, 202)
  const problem = await refused(
    { headers, body: { event_type: 'a.b', data: 1, event_id: 'id-2' } },
    400,
    'invalid_request',
  )
  assert.equal(problem.errors[0]?.path, '/event_id')
  await refused(
    { headers: { 'idempotency-key': 'x'.repeat(256) }, body: { event_type: 'a.b', data: 1 } },
    400,
    'invalid_request',
  )
})

test("an event that the engine refuses is answered with the engine's words", async () => {
  const rig = makeRig({
    events: {
      publish: async () => {
        throw new PosthornError('schema_mismatch', 'data/id must be a number.', {
          flaws: [{ path: '/data/id', message: 'must be a number' }],
        })
      },
    },
  })
  const response = await publish(rig, { body: { event_type: 'a.b', data: {} } })
  const problem = await problemOf(response, 422, 'schema_mismatch')
  assert.deepEqual(problem.errors, [{ path: '/data/id', message: 'must be a number' }])
})

test('in a batch each event stands for itself', async () => {
  const rig = makeRig({
    events: {
      publishBatch: async (_tenant, inputs) =>
        inputs.map((input) =>
          input.id === 'taken'
            ? new PosthornError('event_conflict', 'taken', {
                flaws: [{ path: '/event_id', message: 'is taken' }],
              })
            : input.id === 'broken'
              ? new TypeError('a secret of the inside')
              : published(input),
        ),
    },
  })
  const events = [
    '{"event_type":"a.b","data":1.0,"event_id":"one"}',
    '{"event_type":"a.b"}',
    '5',
    '{"event_type":"a.b","data":2,"event_id":"taken"}',
    '{"event_type":"a.b","data":2,"event_id":"broken"}',
    '{"event_type":"a.b","data":2,"__proto__":1}',
    '{"event_type":"a.b","data":2,"data":3}',
    '{"event_type":"a.b","data": [ 2 ],"event_id":"last"}',
  ]
  const response = await ask(rig, 'publishEvents', { payload: `{"events":[${events.join(' , ')}]}` })
  assert.equal(response.statusCode, 202)
  const { results } = response.json<BatchAnswer>()
  const heads = results.map(({ code, event_id, errors }) => [
    code ?? event_id,
    (errors?.[0] as { path: string } | undefined)?.path,
  ])
  assert.deepEqual(heads, [
    ['one', undefined],
    ['invalid_request', '/events/1/data'],
    ['invalid_request', '/events/2'],
    ['event_conflict', '/events/3/event_id'],
    ['internal', undefined],
    ['invalid_request', '/events/5/__proto__'],
    ['invalid_request', '/events/6/data'],
    ['last', undefined],
  ])
  const given = rig.calls.find(({ name }) => name === 'events.publishBatch')?.args[1] as PublishInput[]
  assert.deepEqual(
    given.map(({ data }) => Buffer.from(data).toString()),
    ['1.0', '2', '2', '[ 2 ]'],
  )
  assert.ok(!response.body.includes('secret of the inside'))
  assert.match(JSON.stringify(rig.log.map(({ fields }) => String(fields?.error))), /secret of the inside/)
})

test('a batch of which nothing can be stored is 503, not 202', async () => {
  const full = () => new PosthornError('store_unavailable', 'The disk is full.', { retryAfterS: 4 })
  const body = {
    events: [{ event_type: 'a.b', data: 1 }, { event_type: 'a.b' }, { event_type: 'a.b', data: 2 }],
  }
  const none = makeRig({ events: { publishBatch: async () => [full(), full()] } })
  const refusal = await ask(none, 'publishEvents', { body })
  await problemOf(refusal, 503, 'store_unavailable')
  assert.equal(refusal.headers['retry-after'], '4')
  const one = makeRig({
    events: { publishBatch: async (_tenant, [first]) => [published(first as PublishInput), full()] },
  })
  const response = await ask(one, 'publishEvents', { body })
  assert.equal(response.statusCode, 202)
  const codes = response.json<BatchAnswer>().results.map(({ code }) => code)
  assert.deepEqual(codes, [undefined, 'invalid_request', 'store_unavailable'])
})

test('a batch that is wrong as a whole is refused as a whole', async () => {
  const item = '{"event_type":"a.b","data":1}'
  const cases: Array<[payload: string, code: string, path?: string]> = [
    ['{"events":[]}', 'invalid_request', '/events'],
    [`{"events":[${Array(501).fill(item).join(',')}]}`, 'invalid_request', '/events'],
    ['{"events":{}}', 'invalid_request', '/events'],
    ['{}', 'invalid_request', '/events'],
    [`{"events":[${item}],"more":1}`, 'invalid_request', '/more'],
    [`{"events":[${item}],"events":[${item}]}`, 'invalid_request', '/events'],
    [`{"events":[${item},]}`, 'json_malformed'],
    [`{"events":[{"event_type":"a.b","data":${'['.repeat(10_000)}}]}`, 'json_too_deep'],
    ['[]', 'invalid_request', ''],
  ]
  for (const [payload, code, path] of cases) {
    const rig = makeRig()
    const problem = await problemOf(await ask(rig, 'publishEvents', { payload }), 400, code)
    if (path !== undefined) assert.equal(problem.errors[0]?.path, path, payload.slice(0, 80))
    assert.ok(!rig.calls.some(({ name }) => name === 'events.publishBatch'))
  }
})

test('a batch may have 500 events and 5 MiB, not more', async () => {
  const most = Array(500).fill({ event_type: 'a.b', data: 1 })
  assert.equal((await ask(makeRig(), 'publishEvents', { body: { events: most } })).statusCode, 202)
  const large = Array(5).fill({ event_type: 'a.b', data: 'x'.repeat(1_000_000) })
  assert.equal((await ask(makeRig(), 'publishEvents', { body: { events: large } })).statusCode, 202)
  const payload = ' '.repeat(LIMITS.batchBodyBytes + 1)
  await problemOf(await ask(makeRig(), 'publishEvents', { payload }), 413, 'body_too_large')
})

test('an event of a batch does not keep the whole body in memory', async () => {
  const rig = makeRig()
  const events = Array.from({ length: 3 }, (_, index) => ({ event_type: 'a.b', data: { index } }))
  await ask(rig, 'publishEvents', { body: { events } })
  const given = rig.calls.find(({ name }) => name === 'events.publishBatch')?.args[1] as PublishInput[]
  for (const { data } of given) assert.ok(data.buffer.byteLength !== JSON.stringify({ events }).length)
})
