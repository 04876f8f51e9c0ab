import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readExchange, writeExchange } from '../../src/domain/exchange.ts'
import { LIMITS } from '../../src/domain/limits.ts'

const OF = { deliveryId: 'dlv_1', number: 3 } as const
const NONE: ReadonlySet<string> = new Set()

const name = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,20}$/)
const value = fc.stringMatching(/^[\t\x20-\x7e\xa0-\xff]{0,60}$/)
const header = fc.tuple(name, value)
const HIDDEN =
  /^(authorization|cookie|proxy-authorization|set-cookie2?|x-api-key|x-auth-token|x-amz-security-token|posthorn-(delivery|attempt)|connection|keep-alive)$/

test('whatever was sent and answered reads back as it was', () => {
  const list = fc.array(
    header.filter(([one]) => !HIDDEN.test(one)),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(list, fc.option(list), fc.webUrl(), (sent, answered, url) => {
      const { request, response } = readExchange(writeExchange(url, sent, NONE, answered), OF)
      assert.deepEqual(request, { url, headers: sent, omitted: 0 })
      assert.deepEqual(response, answered && { headers: answered, omitted: 0 })
    }),
  )
})

test("the subscription's own headers and credentials are told by name alone, in both directions", () => {
  const sent = [
    ['content-type', 'application/json'],
    ['x-own', 'canary'],
    ['authorization', 'Bearer canary'],
  ] as const
  const answered = [
    ['x-own', 'canary'],
    ['set-cookie', 'sid=canary'],
    ['server', 'nginx'],
  ] as const
  const text = writeExchange('https://a.example/', sent, new Set(['x-own']), answered)
  assert.ok(!text.includes('canary'), text)
  const { request, response } = readExchange(text, OF)
  assert.deepEqual(request.headers.slice(1), [
    ['x-own', null],
    ['authorization', null],
  ])
  assert.deepEqual(response?.headers, [
    ['x-own', null],
    ['set-cookie', null],
    ['server', 'nginx'],
  ])
})

test('letters for frequent names are never mistaken for names', () => {
  const sent = [...'abcdefghijklmnop', 'content-type', 'date', 'vary'].map((one) => [one, one] as const)
  const text = writeExchange('https://a.example/', sent, NONE, sent)
  assert.deepEqual(readExchange(text, OF).request.headers, sent)
  assert.ok(!text.includes('content-type:'))
})

test('what the row tells is not written twice', () => {
  const sent = [
    ['posthorn-delivery', 'dlv_1'],
    ['posthorn-attempt', '3'],
  ] as const
  const text = writeExchange('https://a.example/', sent, NONE, null)
  assert.ok(!text.includes('dlv_1'))
  assert.deepEqual(readExchange(text, OF).request.headers, sent)
})

test('it stays small: what does not fit is counted', () => {
  const many = Array.from({ length: 500 }, (_, index) => [`x-${index}`, 'v'.repeat(100)] as const)
  const text = writeExchange('https://a.example/', many, NONE, many)
  assert.ok(text.length < 2 * LIMITS.exchangeHeaderBytes + 100)
  const { request, response } = readExchange(text, OF)
  for (const part of [request, response]) {
    assert.ok(part !== null && part.headers.length > 50)
    assert.equal(part.headers.length + part.omitted, 500)
  }
})

test('a line break in a value makes no header of its own', () => {
  const text = writeExchange('https://a.example/', [['a', 'b\nx-evil:1\r\n\nc']], NONE, null)
  assert.deepEqual(readExchange(text, OF).request.headers, [['a', 'b x-evil:1   c']])
})
