import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import {
  createReceiver,
  type Inbound,
  type InboundOptions,
  outboundScheme,
  type RawRequest,
  type ReceiveError,
  type Refusal,
  type VerifiedEvent,
} from '@posthorn/receiver'
import { createSyncReceiver } from '@posthorn/receiver/node'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { NOW, secretOf, signed } from '../support/requests.ts'
import { answerOf, ask, open, post } from './client.ts'
import { HARNESSES, type Harness, type Parser } from './servers.ts'

const LIMIT = 1000
const JSON_TYPE = { 'content-type': 'application/json' }
const given = { scheme: outboundScheme('timestamped'), secrets: [secretOf('timestamped')] }
const receiver = createReceiver({ ...given, clock: () => NOW, maxBodyBytes: LIMIT })

/** Everything that reached the callbacks, and a promise of the first error. */
function record(change: Partial<InboundOptions<object>> = {}) {
  const events: VerifiedEvent[] = []
  const refusals: Refusal[] = []
  const { promise: error, resolve } = Promise.withResolvers<ReceiveError>()
  const options: InboundOptions<object> = {
    receiver,
    onEvent: (event) => void events.push(event),
    onRefused: (refusal) => void refusals.push(refusal),
    onError: resolve,
    ...change,
  }
  return { events, refusals, error, options }
}

async function running<T>(
  harness: Harness,
  inbound: Inbound<object> | InboundOptions<object>,
  work: (url: string) => Promise<T>,
  parser: Parser = 'none',
): Promise<T> {
  const server = await harness.start(inbound, parser)
  try {
    return await work(server.url)
  } finally {
    await server.close()
  }
}

function request(body?: string | Uint8Array) {
  const made = signed('timestamped', body)
  return { headers: { ...JSON_TYPE, ...made.headers }, body: made.body }
}

for (const harness of HARNESSES) {
  const { name } = harness

  test(`${name}: a good request reaches onEvent with its raw bytes and is answered 202`, async () => {
    for (const body of [
      '{"id":"evt_1" ,"type":"café ☃"}',
      Uint8Array.of(0xff, 0, 0xfe),
      '',
      'x'.repeat(LIMIT),
    ]) {
      const { events, refusals, options } = record()
      const { headers, body: bytes } = request(body)
      const reply = await running(harness, options, (url) => post(url, headers, bytes))
      assert.deepEqual([reply.status, reply.body, refusals], [202, '', []])
      assert.deepEqual(
        events.map(({ id, type, body: verified }) => [id, type, Buffer.from(verified)]),
        [['evt_1', 'order.paid', Buffer.from(bytes)]],
      )
    }
  })

  test(`${name}: a bad signature is answered 401, the reason goes to onRefused only`, async () => {
    const { events, refusals, options } = record()
    const { headers } = request()
    const reply = await running(harness, options, (url) => post(url, headers, Buffer.from('{"other":1}')))
    assert.equal(reply.status, 401)
    assert.deepEqual(JSON.parse(reply.body), { error: 'invalid_signature' })
    assert.match(reply.headers['content-type'] ?? '', /^application\/json/)
    assert.deepEqual([events.length, refusals.map(({ reason }) => reason)], [0, ['signature_mismatch']])
  })

  test(`${name}: headers that are sent twice are refused`, async () => {
    const { events, refusals, options } = record()
    const { headers, body } = request()
    const twice = { ...headers, 'X-Webhook-Id': ['evt_1', 'evt_2'] }
    const reply = await running(harness, options, (url) => post(url, twice, body))
    assert.deepEqual([reply.status, events.length, refusals[0]?.reason], [401, 0, 'header_duplicated'])
  })

  test(`${name}: a length above the limit is answered 413 before a byte of the body came`, async () => {
    const { events, refusals, error, options } = record()
    const { headers } = request()
    const reply = await running(harness, options, (url) => {
      const opened = open(url, { ...headers, 'content-length': String(LIMIT + 1) })
      opened.flushHeaders()
      return answerOf(opened)
    })
    assert.equal(reply.headers.connection, 'close')
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [413, { error: 'body_too_large' }])
    assert.deepEqual([events.length, refusals.length, (await error).code], [0, 0, 'body_too_large'])
  })

  test(`${name}: a chunked body is answered 413 when it passes the limit, not at its end`, async () => {
    const { events, refusals, error, options } = record()
    const { headers } = request('x'.repeat(LIMIT + 1))
    const reply = await running(harness, options, (url) => {
      const opened = open(url, { ...headers, 'transfer-encoding': 'chunked' })
      opened.write(Buffer.alloc(LIMIT, 'x'))
      opened.write('x')
      return answerOf(opened)
    })
    assert.equal(reply.headers.connection, 'close')
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [413, { error: 'body_too_large' }])
    assert.deepEqual([events.length, refusals.length, (await error).code], [0, 0, 'body_too_large'])
  })

  test(`${name}: a chunked body within the limit is taken`, async () => {
    const { events, options } = record()
    const { headers, body } = request('x'.repeat(LIMIT))
    const reply = await running(harness, options, (url) => {
      const opened = open(url, { ...headers, 'transfer-encoding': 'chunked' })
      opened.write(body.subarray(0, 1))
      opened.end(body.subarray(1))
      return answerOf(opened)
    })
    assert.deepEqual([reply.status, events.length], [202, 1])
  })

  test(`${name}: a sender who goes away in the middle is told to onError`, async () => {
    const { events, error, options } = record()
    const { headers } = request()
    await running(harness, options, async (url) => {
      const opened = open(url, { ...headers, 'content-length': '53' })
      opened.on('error', () => {})
      opened.write('{"id"', () => opened.destroy())
      assert.equal((await error).code, 'body_incomplete')
    })
    assert.equal(events.length, 0)
  })

  test(`${name}: a body parser that was there first is answered 500, and the error says what to do`, async () => {
    const { events, refusals, error, options } = record()
    const { headers, body } = request()
    const reply = await running(harness, options, (url) => post(url, headers, body), 'first')
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [500, { error: 'body_already_read' }])
    assert.equal((await error).code, 'body_already_read')
    assert.match((await error).message, /raw body is gone: .*(Mount|Call|Register)/)
    assert.deepEqual([events.length, refusals.length], [0, 0])
  })

  if (harness.parsers.includes('raw'))
    test(`${name}: bytes that a raw parser left are taken, within the limit`, async () => {
      const { events, error, options } = record()
      await running(
        harness,
        options,
        async (url) => {
          const good = request()
          assert.equal((await post(url, good.headers, good.body)).status, 202)
          const large = request('x'.repeat(LIMIT + 1))
          assert.equal((await post(url, large.headers, large.body)).status, 413)
        },
        'raw',
      )
      assert.deepEqual([events.length, (await error).code], [1, 'body_too_large'])
    })

  test(`${name}: a handler that throws is answered 500, and the next request works`, async () => {
    const cause = new Error('database is away')
    let failing = true
    const { error, options } = record({
      onEvent: async () => {
        if (failing) throw cause
      },
    })
    const { headers, body } = request()
    await running(harness, options, async (url) => {
      const reply = await post(url, headers, body)
      assert.deepEqual([reply.status, JSON.parse(reply.body)], [500, { error: 'handler_failed' }])
      assert.deepEqual([(await error).code, (await error).cause], ['handler_failed', cause])
      failing = false
      assert.equal((await post(url, headers, body)).status, 202)
    })
  })

  test(`${name}: callbacks that throw change no answer`, async () => {
    const broken = () => assert.fail('log is full')
    const { options } = record({ onRefused: broken, onError: broken })
    const { headers } = request()
    await running(harness, options, async (url) => {
      assert.equal((await post(url, headers, Buffer.from('other'))).status, 401)
      assert.equal((await post(url, headers, Buffer.alloc(LIMIT + 1))).status, 413)
    })
  })

  test(`${name}: onEvent may answer itself; status and media types can be set`, async () => {
    const answer = { status: 503, headers: { 'retry-after': '7' }, body: 'later' }
    const { headers, body } = request()
    const own = await running(harness, record({ onEvent: async () => answer }).options, (url) =>
      post(url, headers, body),
    )
    assert.deepEqual([own.status, own.headers['retry-after'], own.body], [503, '7', 'later'])
    const { options } = record({ successStatus: 204, contentTypes: ['application/json'] })
    await running(harness, options, async (url) => {
      assert.equal((await post(url, headers, body)).status, 204)
      const charset = { ...headers, 'content-type': 'Application/JSON; charset=utf-8' }
      assert.equal((await post(url, charset, body)).status, 204)
      assert.equal((await post(url, { ...headers, 'content-type': 'text/plain' }, body)).status, 415)
    })
  })

  test(`${name}: other methods are refused`, async () => {
    const { events, options } = record()
    const { headers, body } = request()
    await running(harness, options, async (url) => {
      const reply = await post(url, headers, body, 'PUT')
      assert.deepEqual([reply.status, reply.headers.allow], [405, 'POST'])
      assert.deepEqual(JSON.parse(reply.body), { error: 'method_not_allowed' })
      assert.equal((await ask(url, {}, 'GET')).status, 405)
    })
    assert.equal(events.length, 0)
  })

  for (const parser of harness.parsers)
    test(`${name}: an inbound that takes GET and OPTIONS gets them, with a body parser (${parser}) or not`, async () => {
      const seen: [method: string, query: string, origin: unknown, bytes: number][] = []
      const inbound: Inbound<object> = {
        maxBodyBytes: LIMIT,
        methods: ['POST', 'GET', 'OPTIONS'],
        receive: async ({ method, url, headers, body }) => {
          const origin = new Headers(headers as Record<string, string>).get('webhook-request-origin')
          seen.push([method, url.slice(url.indexOf('?')), origin, body.length])
          return { status: 200, headers: { 'webhook-allowed-rate': '60' }, body: `${method} asked` }
        },
        failed: (error) => assert.fail(error),
      }
      await running(
        harness,
        inbound,
        async (url) => {
          for (const method of ['GET', 'OPTIONS']) {
            const reply = await ask(
              `${url}?hub.mode=a%20b&x`,
              { 'WebHook-Request-Origin': 'example.com' },
              method,
            )
            assert.deepEqual([reply.status, reply.body], [200, `${method} asked`])
            assert.equal(reply.headers['webhook-allowed-rate'], '60')
          }
          const refused = await ask(url, {}, 'DELETE')
          assert.deepEqual([refused.status, refused.headers.allow], [405, 'POST, GET, OPTIONS'])
        },
        parser,
      )
      const rest = ['?hub.mode=a%20b&x', 'example.com', 0] as const
      assert.deepEqual(seen, [
        ['GET', ...rest],
        ['OPTIONS', ...rest],
      ])
    })

  test(`${name}: who is not admitted is answered before the body came; who is, is told to receive`, async () => {
    const asked: [method: string, admitted: boolean | 'asked'][] = []
    let letIn = false
    const inbound: Inbound<object> = {
      maxBodyBytes: LIMIT,
      admit: ({ method, headers, url }, context) => {
        assert.ok(headers && typeof url === 'string' && typeof context === 'object')
        asked.push([method, 'asked'])
        return letIn ? null : { status: 429, headers: { 'retry-after': '3' }, body: 'slowly' }
      },
      receive: async ({ method }, _context, admitted) => {
        asked.push([method, admitted])
        return { status: 204 }
      },
      failed: (error) => assert.fail(error),
    }
    await running(harness, inbound, async (url) => {
      const opened = open(url, { ...JSON_TYPE, 'content-length': '5' })
      opened.flushHeaders()
      const reply = await answerOf(opened)
      assert.deepEqual([reply.status, reply.headers['retry-after'], reply.body], [429, '3', 'slowly'])
      letIn = true
      assert.equal((await post(url, JSON_TYPE, Buffer.from('12345'))).status, 204)
    })
    assert.deepEqual(asked, [
      ['POST', 'asked'],
      ['POST', 'asked'],
      ['POST', true],
    ])
  })

  test(`${name}: an inbound of one's own gets the raw request and the framework's context`, async () => {
    const seen: [RawRequest, object][] = []
    const inbound: Inbound<object> = {
      maxBodyBytes: LIMIT,
      receive: async (raw, context) => {
        seen.push([raw, context])
        return { status: 200, body: 'duplicate' }
      },
      failed: () => {},
    }
    const reply = await running(harness, inbound, (url) => post(`${url}?a=1`, JSON_TYPE, Buffer.from('raw')))
    assert.deepEqual([reply.status, reply.body], [200, 'duplicate'])
    const [raw, context] = seen[0] ?? assert.fail('nothing was received')
    assert.equal(raw.method, 'POST')
    assert.match(raw.url, /\?a=1$/)
    assert.equal(Buffer.from(raw.body).toString(), 'raw')
    assert.ok('request' in context || 'req' in context)
  })
}

test('the synchronous receiver serves adapters too', async () => {
  const fast = createSyncReceiver({ ...given, clock: () => NOW })
  const { events, options } = record({ receiver: fast })
  const { headers, body } = request()
  const reply = await running(HARNESSES[0]!, options, (url) => post(url, headers, body))
  assert.deepEqual([reply.status, events.length], [202, 1])
})

test('a receiver that cannot compute is answered 500, not 401: the sender is not to blame', async () => {
  const broken = {
    maxBodyBytes: 10,
    verify: async (): Promise<Refusal> => ({ ok: false, reason: 'crypto_failed' }),
  }
  const { error, refusals, options } = record({ receiver: broken })
  const reply = await running(HARNESSES[0]!, options, (url) => post(url, {}, Buffer.from('x')))
  assert.deepEqual([reply.status, JSON.parse(reply.body)], [500, { error: 'verification_failed' }])
  assert.deepEqual([(await error).code, refusals[0]?.reason], ['verification_failed', 'crypto_failed'])
})

test('options that lack a function are refused when the adapter is made', async () => {
  for (const missing of ['onEvent', 'onError', 'receiver'])
    for (const harness of HARNESSES) {
      const options = { ...record().options, [missing]: undefined } as unknown as InboundOptions<object>
      await assert.rejects(harness.start(options, 'none'), { code: 'option_invalid' })
    }
})

test('node:http: a request that something else destroys does not wait for ever', async () => {
  const { error, options } = record()
  const request = Object.assign(new Readable({ read() {} }), { method: 'POST', url: '/', headers: {} })
  const response = { destroyed: true, headersSent: false, writeHead: () => assert.fail('nobody is there') }
  const answered = nodeHttpAdapter(options)(request, response)
  request.destroy()
  await answered
  assert.equal((await error).code, 'body_incomplete')
})
