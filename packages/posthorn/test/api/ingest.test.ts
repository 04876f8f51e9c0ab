/** `/in/{source_id}` down to the bytes, with a way in that only says what it was brought. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PosthornError } from '../../src/domain/error.ts'
import type { IncomingRequest, Sender, WayIn } from '../../src/engine/receive/way-in.ts'
import { makeRig } from './support/api.ts'
import { listeningRig, RawConnection } from './support/raw.ts'

interface Brought {
  readonly request: IncomingRequest
  readonly sender: Sender
  readonly admitted: boolean | undefined
}

const LIMIT = 100

function wayIn(overrides: Partial<WayIn> = {}): { wayIn: WayIn; brought: Brought[]; refused: string[] } {
  const brought: Brought[] = []
  const refused: string[] = []
  return {
    brought,
    refused,
    wayIn: {
      maxBodyBytes: LIMIT,
      admit: () => null,
      refuseBody: ({ url }) => {
        refused.push(url)
        return {
          status: 413,
          headers: { 'content-type': 'application/json' },
          body: '{"error":"body_too_large"}',
        }
      },
      receive: async (request, sender, admitted) => {
        brought.push({ request, sender, admitted })
        return { status: 202, headers: { 'posthorn-request': 'req_1' }, body: 'grüße' }
      },
      ...overrides,
    },
  }
}

async function rigWith(t: TestContext, way: WayIn | null, parts: Parameters<typeof makeRig>[1] = {}) {
  return await listeningRig(t, { sources: { wayIn: (id) => (id === 'src_1' ? way : null) } }, parts)
}

function openRaw(t: TestContext, port: number): RawConnection {
  const raw = new RawConnection(port)
  t.after(() => raw.destroy())
  return raw
}

const HEAD = 'POST /in/src_1 HTTP/1.1\r\nhost: x\r\n'

test('bytes, headers, method and URL arrive as they were sent, whatever they claim to be', async (t) => {
  const { wayIn: way, brought } = wayIn()
  const { port } = await rigWith(t, way)
  const raw = openRaw(t, port)
  const body = '\x1f\x8b\xff\0 not JSON'
  const odd = 'content-type: no/such; =thing\r\nContent-Encoding: gzip\r\nX-Twice: 1\r\nx-twice: 2\r\n'
  await raw.write(
    `POST /in/src_1?a=%20b&a=c HTTP/1.1\r\nhost: x\r\n${odd}content-length: ${body.length}\r\n\r\n${body}`,
  )
  const answer = await raw.until('gr')
  assert.match(
    answer,
    /^HTTP\/1\.1 202 .*\r\n(?=[\s\S]*posthorn-request: req_1\r\n)[\s\S]*content-length: 7\r\n/,
  )
  const { request, sender, admitted } = brought[0] ?? assert.fail()
  assert.deepEqual([request.method, request.url], ['POST', '/in/src_1?a=%20b&a=c'])
  assert.deepEqual(Buffer.from(request.body), Buffer.from(body, 'latin1'))
  assert.deepEqual(
    [...(request.headers as Array<[string, string]>)].filter(([name]) => /twice|encoding|type/i.test(name)),
    [
      ['content-type', 'no/such; =thing'],
      ['Content-Encoding', 'gzip'],
      ['X-Twice', '1'],
      ['x-twice', '2'],
    ],
  )
  assert.deepEqual([sender, admitted], [{ address: '127.0.0.1', secure: false }, true])
})

test('a chunked body is put together, an empty one is empty, and the connection stays open', async (t) => {
  const { wayIn: way, brought } = wayIn()
  const { port } = await rigWith(t, way)
  const raw = openRaw(t, port)
  await raw.write(`${HEAD}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\n`)
  await raw.write('de\r\n0\r\n\r\n')
  await raw.until('gr')
  await raw.write(`GET /in/src_1?hub.challenge=1 HTTP/1.1\r\nhost: x\r\n\r\n`)
  await raw.write(`OPTIONS /in/src_1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
  await raw.closed
  assert.deepEqual(
    brought.map(({ request }) => [request.method, Buffer.from(request.body).toString()]),
    [
      ['POST', 'abcde'],
      ['GET', ''],
      ['OPTIONS', ''],
    ],
  )
})

test('a body of the limit passes; one byte more is refused before it is read, or when it is reached', async (t) => {
  const { wayIn: way, brought, refused } = wayIn()
  const { port } = await rigWith(t, way)
  const fits = openRaw(t, port)
  await fits.write(`${HEAD}content-length: ${LIMIT}\r\n\r\n${'a'.repeat(LIMIT)}`)
  await fits.until('gr')
  const declared = openRaw(t, port)
  await declared.write(`${HEAD}content-length: ${LIMIT + 1}\r\n\r\n`)
  assert.match(await declared.until('body_too_large'), /^HTTP\/1\.1 413 /)
  // The connection is still good once the rest has come.
  await declared.write(`${'a'.repeat(LIMIT + 1)}${HEAD}content-length: 1\r\n\r\na`)
  await declared.until('gr')
  const chunked = openRaw(t, port)
  await chunked.write(`${HEAD}transfer-encoding: chunked\r\n\r\n64\r\n${'a'.repeat(100)}\r\n`)
  await chunked.write('1\r\nb\r\n')
  assert.match(await chunked.until('body_too_large'), /^HTTP\/1\.1 413 /)
  await chunked.write(`5\r\nccccc\r\n0\r\n\r\n${HEAD}content-length: 1\r\n\r\na`)
  await chunked.until('gr')
  // Asked to be closed, it is closed after its client has had the chance to read.
  const closing = openRaw(t, port)
  await closing.write(`${HEAD}connection: close\r\ntransfer-encoding: chunked\r\n\r\n`)
  await closing.write(`1000\r\n${'a'.repeat(4096)}\r\n`)
  await closing.until('body_too_large')
  assert.ok(closing.open)
  for (let count = 0; count < 200; count += 1) await closing.write(`1000\r\n${'a'.repeat(4096)}\r\n`)
  assert.ok(closing.open)
  await closing.write('0\r\n\r\n')
  await closing.closed
  const huge = openRaw(t, port)
  await huge.write(`${HEAD}content-length: ${1024 ** 4}\r\n\r\n`)
  await huge.closed
  assert.match(huge.text, /^HTTP\/1\.1 413 [\s\S]*connection: close/)
  assert.equal(refused.length, 4)
  assert.deepEqual(
    brought.map(({ request }) => request.body.length),
    [LIMIT, 1, 1],
  )
})

test('of who is not let in, nothing is read', async (t) => {
  const seen: Sender[] = []
  const { wayIn: way, brought } = wayIn({
    admit: (_head, sender) => {
      seen.push(sender)
      return { status: 403, body: 'no' }
    },
  })
  const { port } = await rigWith(t, way, { trustedProxies: ['127.0.0.0/8'] })
  const raw = openRaw(t, port)
  const proxied = 'x-forwarded-for: 6.6.6.6, 192.0.2.7\r\nx-forwarded-proto: https\r\n'
  await raw.write(`${HEAD}${proxied}content-length: 50\r\n\r\n`)
  assert.match(await raw.until('no'), /^HTTP\/1\.1 403 /)
  raw.destroy()
  assert.deepEqual(brought, [])
  assert.deepEqual(seen, [{ address: '192.0.2.7', secure: true }])
})

test('a sender that goes away in the middle of its body is forgotten', async (t) => {
  const { wayIn: way, brought, refused } = wayIn()
  const { port, url, log } = await rigWith(t, way)
  const raw = new RawConnection(port)
  await raw.write(`${HEAD}content-length: 50\r\n\r\nhalf`)
  raw.destroy()
  await raw.closed
  // Answered after the half one was seen: both connections are of one event loop.
  const whole = await fetch(`${url}/in/src_1`, { method: 'POST', body: 'whole' })
  assert.equal(whole.status, 202)
  assert.deepEqual([brought.length, refused, log], [1, [], []])
})

test('unknown sources are answered 404, without a word more', async (t) => {
  const { url, calls } = await rigWith(t, null)
  for (const path of ['/in/src_1', '/in/src_2', '/in/github', `/in/${'a'.repeat(3000)}`, '/in/%00']) {
    const response = await fetch(url + path, { method: 'POST', body: '{}' })
    assert.deepEqual([response.status, await response.text()], [404, '{"error":"not_found"}'], path)
  }
  assert.equal((await fetch(`${url}/in`, { method: 'POST' })).status, 404)
  assert.equal((await fetch(`${url}/in/`, { method: 'POST' })).status, 404)
  assert.ok(calls.every(({ name }) => name === 'sources.wayIn'))
})

test('other methods are answered 405, HEAD among them', async (t) => {
  const { wayIn: way } = wayIn()
  const { url } = await rigWith(t, way)
  for (const method of ['PUT', 'PATCH', 'DELETE', 'HEAD']) {
    const response = await fetch(`${url}/in/src_1`, { method })
    assert.equal(response.status, 405, method)
    assert.equal(response.headers.get('allow'), 'POST, GET, OPTIONS')
  }
})

test('what cannot be found out just now is a 503, never a 4xx', async (t) => {
  const failures: Array<() => never | Promise<never>> = [
    () => Promise.reject(new PosthornError('store_unavailable', 'away', { retryAfterS: 3 })),
    () => {
      throw new PosthornError('secret_unreadable', 'another key')
    },
    () => Promise.reject(new Error('a defect')),
  ]
  for (const [at, failure] of failures.entries()) {
    const rig = await listeningRig(t, { sources: { wayIn: failure } })
    const response = await fetch(`${rig.url}/in/src_1`, { method: 'POST', body: 'x' })
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), at === 0 ? '3' : '30')
    assert.doesNotMatch(await response.text(), /away|key|defect/)
    assert.equal(rig.log[0]?.level, 'error')
  }
})

test('a source that must be looked up first waits for it without losing the body', async (t) => {
  const { wayIn: way, brought } = wayIn()
  const looked = Promise.withResolvers<WayIn>()
  const rig = await listeningRig(t, { sources: { wayIn: () => looked.promise } })
  const raw = openRaw(t, rig.port)
  await raw.write(`${HEAD}content-length: 5\r\n\r\nabcde`)
  looked.resolve(way)
  await raw.until('gr')
  assert.equal(Buffer.from(brought[0]?.request.body ?? []).toString(), 'abcde')
})

test('a request that runs while the server closes is answered, one that comes then is sent away', async (t) => {
  const begun = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const { wayIn: way } = wayIn({
    receive: async () => {
      begun.resolve()
      await held.promise
      return { status: 204 }
    },
  })
  const { port, server } = await rigWith(t, way)
  const running = openRaw(t, port)
  const waiting = openRaw(t, port)
  await waiting.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nPOST /in/src_1 HTTP/1.1\r\n')
  await waiting.until('alive')
  await running.write(`${HEAD}content-length: 1\r\n\r\na`)
  await begun.promise
  const closed = server.close()
  await waiting.write('host: x\r\ncontent-length: 1\r\n\r\na')
  assert.match(await waiting.until('"stopping"'), /HTTP\/1\.1 503 [\s\S]*retry-after: 1/)
  held.resolve()
  const answer = await running.until('\r\n\r\n')
  assert.match(answer, /^HTTP\/1\.1 204 [\s\S]*connection: close/i)
  assert.doesNotMatch(answer, /content-length/i)
  await closed
})

test('no limit of keys and no header of pages holds here', async (t) => {
  const { wayIn: way } = wayIn()
  const { url } = await rigWith(t, way, { requestLimit: { limit: 1, windowMs: 60_000 } })
  for (let count = 0; count < 3; count += 1) {
    const response = await fetch(`${url}/in/src_1`, {
      method: 'POST',
      body: 'x',
      headers: { authorization: 'Bearer admin-key' },
    })
    assert.equal(response.status, 202)
    assert.deepEqual(
      [response.headers.get('content-security-policy'), response.headers.get('x-ratelimit-limit')],
      [null, null],
    )
  }
})

test('the ingest URL is the public one, or by the name by which the server was called', async () => {
  const ingestUrl = async (parts: Parameters<typeof makeRig>[1], headers: Record<string, string>) => {
    const response = await makeRig({}, parts).server.inject({
      url: '/api/v1/webhooks/sources/src_1',
      headers: { authorization: 'Bearer admin-key', ...headers },
    })
    return response.json<{ ingest_url: string }>().ingest_url
  }
  assert.equal(await ingestUrl({}, { host: 'hooks.example:81' }), 'http://hooks.example:81/in/src_1')
  const forged = { host: 'a.example/evil?', 'x-forwarded-proto': 'https' }
  assert.doesNotMatch(await ingestUrl({}, forged), /evil|https/)
  const proxied = { host: 'a.example', 'x-forwarded-for': '9.9.9.9', 'x-forwarded-proto': 'https' }
  assert.equal(await ingestUrl({ trustedProxies: ['127.0.0.0/8'] }, proxied), 'https://a.example/in/src_1')
  const publicUrl = 'https://hooks.example.com/posthorn/'
  assert.equal(await ingestUrl({ publicUrl }, proxied), 'https://hooks.example.com/posthorn/in/src_1')
})
