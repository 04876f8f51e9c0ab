import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkCustomHeaders, schemeHeaderFlaw } from '../../src/domain/headers.ts'
import { pointer } from '../../src/domain/pointer.ts'

const SCHEME = ['x-webhook-signature', 'x-webhook-id']
const messages = (headers: unknown) =>
  checkCustomHeaders(headers, SCHEME).flaws.map(({ path, message }) => `${path} ${message}`)

// Every UTF-16 unit, controls and halves of surrogate pairs too, half of the time from Latin-1.
const anyText = fc.string({
  unit: fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code)),
})

test('ordinary headers pass, with lower-case names in their order', () => {
  const { headers, flaws } = checkCustomHeaders(
    { 'X-Team': 'Größe 5', Authorization: 'Bearer abc', Cookie: 'a=b', 'X-Empty': '' },
    SCHEME,
  )
  assert.deepEqual(flaws, [])
  assert.deepEqual(headers, [
    ['x-team', 'Größe 5'],
    ['authorization', 'Bearer abc'],
    ['cookie', 'a=b'],
    ['x-empty', ''],
  ])
})

test('reserved names are refused in any case, each with its reason', () => {
  const rows: ReadonlyArray<readonly [names: string, reason: RegExp]> = [
    [
      'connection keep-alive te trailer transfer-encoding upgrade host expect accept-encoding via proxy-authorization proxy-connection http2-settings',
      /belongs to the connection/,
    ],
    ['content-type content-length content-encoding content-md5', /describes the body/],
    ['webhook-id svix-signature x-webhook-signature x-webhook-id', /signature/],
    ['posthorn-delivery user-agent date', /set by Posthorn/],
    ['forwarded x-forwarded-for x-real-ip', /another origin/],
    ['constructor prototype', /not safe as a name/],
  ]
  for (const [names, reason] of rows)
    for (const name of names.split(' '))
      for (const spelled of [name, name.toUpperCase()])
        assert.match(messages({ [spelled]: 'x' }).join(), reason, spelled)
  assert.match(messages(JSON.parse('{"__proto__": "x"}')).join(), /\/headers\/__proto__ may not be set/)
})

test('names must be tokens and values one line of visible Latin-1', () => {
  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'a\u0000', 'ä', 'a/b', '(a)'])
    assert.match(messages({ [name]: 'x' }).join(), /is no header name/, JSON.stringify(name))
  for (const value of ['a\r\nx-evil: 1', 'a\nb', 'a\rb', '\u0000', '\u007f', '\u0085', 'a\u001bb', '€', '😀'])
    assert.match(messages({ 'x-a': value }).join(), /line breaks, controls/, JSON.stringify(value))
  for (const value of [' a', 'a\t']) assert.match(messages({ 'x-a': value }).join(), /white space/)
  for (const value of [1, null, ['a'], {}])
    assert.match(messages({ 'x-a': value }).join(), /text as its value/)
})

test('bounds: number, bytes, and no name twice', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-${n}`, 'v']))
  assert.deepEqual(messages(many(20)), [])
  assert.match(messages(many(21)).join(), /21 headers, at most 20/)
  assert.deepEqual(messages({ 'x-a': 'v'.repeat(4096 - 7) }), [])
  assert.match(messages({ 'x-a': 'v'.repeat(4096 - 6) }).join(), /4097 bytes, at most 4096/)
  assert.match(messages({ 'X-A': '1', 'x-a': '2' }).join(), /\/headers\/x-a stands there twice/)
  for (const odd of [null, [], 'x', 3]) assert.match(messages(odd).join(), /must be an object/)
})

test('whatever passes can be written on the wire as it is', () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, anyText), (headers) => {
      for (const [name, value] of checkCustomHeaders(headers, SCHEME).headers) {
        assert.match(name, /^[!#$%&'*+.^_`|~0-9a-z-]+$/)
        assert.match(value, /^[\t\x20-\x7e\xa0-\xff]*$/)
      }
    }),
  )
})

test('a scheme may write webhook headers, but not those of Posthorn or the transport', () => {
  assert.equal(schemeHeaderFlaw('webhook-signature'), null)
  assert.equal(schemeHeaderFlaw('x-webhook-signature'), null)
  assert.match(schemeHeaderFlaw('posthorn-delivery') ?? '', /set by Posthorn/)
  assert.match(schemeHeaderFlaw('content-id') ?? '', /describes the body/)
})

test('pointers escape ~ and /', () => {
  assert.equal(pointer('headers', 'a/b~c', 3), '/headers/a~1b~0c/3')
})
