import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { forwardedHeaders } from '../../src/domain/forwarded-headers.ts'

test('what belongs to one connection, to the way here, or to us stays behind', () => {
  const gone = [
    ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te'],
    ...['trailer', 'transfer-encoding', 'upgrade', 'http2-settings', 'host', 'content-length', 'expect'],
    ...['accept-encoding', 'traceparent', 'tracestate', 'via', 'forwarded', 'x-real-ip', 'x-forwarded-for'],
    ...['x-forwarded-proto', 'posthorn-delivery', 'posthorn-attempt', 'posthorn-source'],
  ]
  const kept = [
    ...['content-type', 'content-encoding', 'user-agent', 'stripe-signature', 'authorization', 'cookie'],
    ...['x-hub-signature-256', 'webhook-id', 'svix-signature', 'date', 'x-forwarder', 'posthorn'],
  ]
  const all = [...gone, ...kept].map((name) => [name, `of ${name}`] as const)
  assert.deepEqual(
    forwardedHeaders(all),
    kept.map((name) => [name, `of ${name}`]),
  )
})

test('names that a Connection header declares go with it', () => {
  assert.deepEqual(
    forwardedHeaders([
      ['x-hop', '1'],
      ['connection', 'close, X-Hop'],
      ['x-stays', '2'],
      ['connection', 'x-other'],
      ['x-other', '3'],
    ]),
    [['x-stays', '2']],
  )
})

test('each name once, its values in their order', () => {
  assert.deepEqual(
    forwardedHeaders([
      ['x-a', '1'],
      ['cookie', 'a=1'],
      ['x-a', '2, 3'],
      ['__proto__', 'p'],
      ['cookie', 'b=2'],
    ]),
    [
      ['x-a', '1, 2, 3'],
      ['cookie', 'a=1; b=2'],
      ['__proto__', 'p'],
    ],
  )
  const name = fc.constantFrom('a', 'b', 'host', 'connection', 'constructor', 'x-forwarded-host')
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.stringMatching(/^[c-z]{0,3}$/))), (headers) => {
      const forwarded = forwardedHeaders(headers)
      assert.equal(new Set(forwarded.map(([one]) => one)).size, forwarded.length)
      for (const [one, value] of forwarded)
        assert.equal(value, headers.flatMap(([other, given]) => (other === one ? [given] : [])).join(', '))
    }),
  )
})
