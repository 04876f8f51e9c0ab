import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pair, short } from './harness.ts'

test('a GET goes out without a body, a POST with it, over one socket', async (t) => {
  const { target, send } = await pair(t, {}, { answer: { body: 'a certificate' } })
  assert.equal(short(await send({ method: 'GET', headers: [['user-agent', 'x']] })), '200 a certificate')
  assert.equal(short(await send()), '200 a certificate')
  const [get, post] = target.requests
  assert.deepEqual(
    [get?.method, get?.body.length, get?.header('content-length'), get?.header('user-agent')],
    ['GET', 0, undefined, 'x'],
  )
  assert.deepEqual([post?.method, post?.header('content-length')], ['POST', '10'])
  assert.equal(target.connections, 1)
})

test('a GET keeps the same rules: no redirect is followed, a large answer is cut, the URL must be allowed', async (t) => {
  const { target, transport, send } = await pair(t)
  target.answerNext({ status: 302, headers: { location: target.url } })
  assert.equal(short(await send({ method: 'GET' })), '302 ')
  target.answerNext({ body: 'x'.repeat(20_000) })
  const large = await send({ method: 'GET' })
  assert.ok(large.kind === 'response' && large.truncated && large.body.length === 16_384)
  assert.equal(target.requests.length, 2)
  const refused = {
    method: 'GET',
    url: 'http://169.254.169.254/latest/meta-data',
    isolation: 'keys',
  } as const
  const result = await transport.send({
    ...refused,
    headers: [],
    body: new Uint8Array(0),
    timeoutMs: 1_000,
    signal: new AbortController().signal,
  })
  assert.equal(short(result), 'url_refused')
})
