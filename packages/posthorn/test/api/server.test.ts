import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPosthornError } from '../../src/domain/error.ts'
import { LIMITS } from '../../src/domain/limits.ts'
import type { Published } from '../../src/engine/use-cases.ts'
import { makeRig } from './support/api.ts'
import { listeningRig, RawConnection } from './support/raw.ts'

const EVENTS = '/api/v1/webhooks/events'
const HEAD = `POST ${EVENTS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin-key\r\ncontent-type: application/json\r\n`

/** A publish that waits until it is let go. */
function heldPublish() {
  let release: () => void = () => undefined
  let entered: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const begun = new Promise<void>((resolve) => {
    entered = resolve
  })
  const publish = async (): Promise<Published> => {
    entered()
    await held
    return { eventId: 'evt_held', deliveries: 1, duplicate: false }
  }
  return { release: () => release(), begun, overrides: { events: { publish } } }
}

test('a body that says it is too long is refused before it is sent, and what still comes is forgotten', async (t) => {
  const { port } = await listeningRig(t)
  const raw = new RawConnection(port)
  t.after(() => raw.destroy())
  const bytes = 4 * LIMITS.requestBodyBytes
  await raw.write(`${HEAD}content-length: ${bytes}\r\n\r\n`)
  const answer = await raw.until('"errors"')
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.match(answer, /larger than the 1572864 bytes/)
  // A reset instead would reach most clients in the middle of their writing, and they would never see the 413.
  await raw.write(' '.repeat(bytes))
  await raw.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
  assert.match(await raw.until('"alive"'), /HTTP\/1\.1 200 /)
})

test('a body that says it is far too long is refused, and its connection closed', async (t) => {
  const { port } = await listeningRig(t)
  const raw = new RawConnection(port)
  await raw.write(`${HEAD}content-length: ${1024 ** 3}\r\n\r\n`)
  assert.match(await raw.until('"errors"'), /^HTTP\/1\.1 413 [\s\S]*connection: close/i)
  await raw.closed
})

test('a chunked body is refused as soon as it is too long', async (t) => {
  const { port } = await listeningRig(t)
  const raw = new RawConnection(port)
  t.after(() => raw.destroy())
  await raw.write(`${HEAD}transfer-encoding: chunked\r\n\r\n`)
  const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
  // 1.5 MiB are 24 of these. An endless body would go on; the answer must come without its end.
  for (let count = 0; count < 26; count += 1) await raw.write(chunk)
  const answer = await raw.until('"errors"')
  assert.match(answer, /^HTTP\/1\.1 413 /)
  assert.match(answer, /connection: close/i)
  await raw.closed
})

test('without a key not even the body is read', async (t) => {
  const { port, calls } = await listeningRig(t)
  const raw = new RawConnection(port)
  await raw.write(
    `POST ${EVENTS} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n`,
  )
  assert.match(await raw.until('"errors"'), /^HTTP\/1\.1 401 /)
  raw.destroy()
  assert.deepEqual(calls, [])
})

test('what is no HTTP is answered with a problem, and the connection ends', async (t) => {
  const { port, url } = await listeningRig(t)
  const broken = [
    ['nonsense\r\n\r\n', 400],
    [`GET /healthz HTTP/1.1\r\nhost: x\r\nposthorn-tenant: a\rb\r\n\r\n`, 400],
    [`GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: \0\r\n\r\n`, 400],
    [`${HEAD}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n`, 400],
    [`GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  ] as const
  for (const [text, status] of broken) {
    const raw = new RawConnection(port)
    await raw.write(text)
    await raw.closed
    assert.match(raw.text, new RegExp(`^HTTP/1\\.1 ${status} `), JSON.stringify(text.slice(0, 60)))
    assert.match(raw.text, /content-type: application\/problem\+json/)
    const body: unknown = JSON.parse(raw.text.slice(raw.text.indexOf('\r\n\r\n') + 4))
    assert.equal((body as { status: number }).status, status)
  }
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
})

test('CRLF in a header value makes no second header', async (t) => {
  const { port, calls } = await listeningRig(t)
  const raw = new RawConnection(port)
  t.after(() => raw.destroy())
  await raw.write(
    `${HEAD}idempotency-key: a\r\nposthorn-tenant: acme\r\ncontent-length: 29\r\n\r\n{"event_type":"a.b","data":1}`,
  )
  await raw.until('"event_id"')
  // On the wire these are two headers, and both count: there is nothing to smuggle.
  const publish = calls.find(({ name }) => name === 'events.publish')
  assert.deepEqual(
    publish?.args.map(
      (given) => (given as { slug?: string; id: string }).slug ?? (given as { id: string }).id,
    ),
    ['acme', 'a'],
  )
  await assert.rejects(
    fetch(`http://127.0.0.1:${port}/healthz`, { headers: { 'x-a': 'a\r\nb: c' } }),
    TypeError,
  )
})

test('a connection that ends in the middle of a body harms nobody', async (t) => {
  const { port, url, log } = await listeningRig(t)
  const raw = new RawConnection(port)
  await raw.write(`${HEAD}content-length: 1000\r\n\r\n{"event_type"`)
  raw.destroy()
  await raw.closed
  assert.equal((await fetch(`${url}/healthz`)).status, 200)
  assert.deepEqual(log, [])
})

test('close lets a running request finish, answers later ones with 503, and ends the connections', async (t) => {
  const { release, begun, overrides } = heldPublish()
  const { port, server } = await listeningRig(t, overrides)
  const busy = new RawConnection(port)
  await busy.write(`${HEAD}content-length: 29\r\n\r\n{"event_type":"a.b","data":1}`)
  await begun
  let closed = false
  const closing = server.close().then(() => {
    closed = true
  })
  await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`), TypeError)
  assert.equal(closed, false)
  release()
  assert.match(await busy.until('evt_held'), /^HTTP\/1\.1 202 /)
  assert.match(busy.text, /connection: close/i)
  await closing
  await busy.closed
  await server.close()
})

test('a request on an open connection is told to come back while the server closes', async (t) => {
  const { release, begun, overrides } = heldPublish()
  const { port, server } = await listeningRig(t, overrides)
  const raw = new RawConnection(port)
  const body = '{"event_type":"a.b","data":1}'
  const request = `${HEAD}content-length: ${body.length}\r\n\r\n${body}`
  await raw.write(request)
  await begun
  // Its head has come before the server closes, its body comes after it.
  const late = new RawConnection(port)
  await late.write(request.slice(0, 20))
  const idle = await fetch(`http://127.0.0.1:${port}/healthz`)
  await idle.text()
  const closing = server.close()
  await late.write(request.slice(20))
  const answer = await late.until('"errors"')
  assert.match(answer, /^HTTP\/1\.1 503 /)
  assert.match(answer, /"code":"stopping"/)
  assert.match(answer, /retry-after: 1/i)
  release()
  await closing
})

test('a connection that a browser has opened in advance does not hold up the close', async (t) => {
  const { port, server, clock } = await listeningRig(t)
  const unused = new RawConnection(port)
  // Connections are taken in their order.
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
  const closing = server.close()
  await clock.advance(499)
  assert.equal(unused.open, true)
  await clock.advance(1)
  await closing
  await unused.closed
})

test('a request that never ends is cut when the time to close is over', async (t) => {
  const { begun, overrides } = heldPublish()
  const { port, server, clock } = await listeningRig(t, overrides)
  const raw = new RawConnection(port)
  await raw.write(`${HEAD}content-length: 29\r\n\r\n{"event_type":"a.b","data":1}`)
  await begun
  const closing = server.close(5000)
  await clock.advance(4999)
  assert.equal(raw.open, true)
  await clock.advance(1)
  await closing
  await raw.closed
  assert.equal(raw.text, '')
})

test('port 0 is any free one, a taken one and a wrong host are told in words', async (t) => {
  const { port, url } = await listeningRig(t)
  assert.ok(port > 0)
  assert.equal(url, `http://127.0.0.1:${port}`)
  const other = makeRig()
  t.after(() => other.server.close())
  await assert.rejects(other.server.listen({ host: '127.0.0.1', port }), (error) => {
    assert.ok(isPosthornError(error))
    assert.equal(error.code, 'config_invalid')
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}: another process listens there`))
    return true
  })
  const elsewhere = makeRig()
  t.after(() => elsewhere.server.close())
  await assert.rejects(elsewhere.server.listen({ host: '192.0.2.1', port: 0 }), /no such address/)
})

test('closing before listening, and twice, is no error', async () => {
  const { server, clock } = makeRig()
  await server.close()
  await server.close()
  assert.equal(clock.waiting, 0)
})
