import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Script } from 'node:vm'
import fc from 'fast-check'
import { titleTexts, valueText, whenText } from '../src/text/alerts.ts'
import { attemptText } from '../src/text/cause.ts'
import { accentTokens, contrast, SURFACES } from '../src/text/colour.ts'
import { apiCurl, curlText } from '../src/text/curl.ts'
import { takes } from '../src/text/filter.ts'
import { fromHeaderLines, fromLines, headerLines } from '../src/text/lines.ts'
import { bytesText, countText, plural, shareText } from '../src/text/number.ts'
import { laidOut, rawField } from '../src/text/raw-json.ts'
import { durationText, relativeText, spanText } from '../src/text/time.ts'
import { verifyCode } from '../src/text/verify-code.ts'
import { excerpt, visible } from '../src/text/visible.ts'

test('a span has at most two units', () => {
  assert.equal(spanText(999), '999 ms')
  assert.equal(spanText(90_000), '1 min 30 s')
  assert.equal(spanText(3_600_000), '1 h')
  assert.equal(spanText(90_061_000), '1 d 1 h')
  assert.equal(spanText(23 * 3_600_000 + 59 * 60_000), '23 h')
})

test('an instant is told by how far away it is, both ways', () => {
  assert.equal(relativeText(1000, 1000), 'now')
  assert.equal(relativeText(1900, 0), 'now')
  assert.equal(relativeText(2000, 0), 'in 2 s')
  assert.equal(relativeText(0, 61_000), '1 min ago')
  assert.equal(relativeText(7_200_000, 0), 'in 2 h')
  assert.equal(durationText(2.345), '2.3 ms')
  assert.equal(durationText(1500), '1.5 s')
})

test('a share is never 100 % while anything failed', () => {
  assert.equal(shareText(0, 0), '–')
  assert.equal(shareText(10, 10), '100 %')
  assert.equal(shareText(99_999, 100_000), '> 99.9 %')
  assert.equal(shareText(1, 3), '33.3 %')
  assert.equal(bytesText(1), '1 byte')
  assert.equal(bytesText(1_500_000), '1.4 MiB')
  assert.equal(countText(1_234_567), '1 234 567')
  assert.equal(plural(2, 'delivery', 'deliveries'), '2 deliveries')
})

test('no character that works unseen is left in what is shown', () => {
  assert.equal(visible('a\u202eb\u0000c\ud800'), 'a\\u202eb\\u0000c\\ud800')
  assert.equal(visible('line\n\ttab 😀 é שלום'), 'line\n\ttab 😀 é שלום')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.ok([...visible(text)].every((character) => !hidden(character.codePointAt(0) ?? 0)))
    }),
  )
  assert.equal(excerpt(`${'x'.repeat(50)}\nmore`, 10), 'xxxxxxxxx…')
})

/** Controls but tab and line break, zero-width characters, marks of direction, halves of surrogate pairs. */
function hidden(code: number): boolean {
  const ranges = [
    [0x00, 0x08],
    [0x0b, 0x1f],
    [0x7f, 0x9f],
    [0x200b, 0x200f],
    [0x202a, 0x202e],
    [0x2066, 0x2069],
    [0xd800, 0xdfff],
  ]
  return ranges.some(([from = 0, to = 0]) => code >= from && code <= to)
}

test('headers go to lines and back', () => {
  const name = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,20}$/)
  const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/)
  fc.assert(
    fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (headers) => {
      assert.deepEqual(fromHeaderLines(headerLines(headers)), headers)
    }),
  )
  assert.throws(() => fromHeaderLines('no colon'), /“no colon” is not a header/)
  assert.deepEqual(fromLines(' a,b\n\nc  d '), ['a', 'b', 'c', 'd'])
})

test('a failed attempt is told in one sentence, with its status', () => {
  const failed = { code: 'failed', detail: 'The target answered with an error of its own (5xx).' }
  assert.equal(attemptText(failed, 503), 'The target answers with an error of its own (503).')
  const late = { code: 'timeout', detail: 'The deadline of 1000 ms passed.' }
  assert.equal(attemptText(late, null), 'The deadline of 1000 ms passed.')
  assert.equal(attemptText({ code: 'timeout', detail: '' }, null), 'The target did not answer in time.')
  assert.equal(attemptText({ code: 'of_tomorrow', detail: 'Something new.' }, 200), 'Something new.')
})

test('what is copied as curl is one command to a shell, whatever the body', () => {
  assert.equal(curlText({ url: 'http://a/b' }), 'curl -sS http://a/b')
  assert.equal(curlText({ url: 'http://a/b', method: 'DELETE' }), 'curl -sS -X DELETE http://a/b')
  const text = apiCurl('POST', '/events', { origin: 'http://a', tenant: 'demo', body: { q: "it's $HOME" } })
  assert.match(text, /-H "authorization: Bearer \$POSTHORN_KEY"/)
  assert.match(text, /-H 'posthorn-tenant: demo'/)
  assert.ok(text.includes(`'{"q":"it'\\''s $HOME"}'`), text)
})

test('a subscription takes *, a type, and the types of a category', () => {
  assert.ok(takes(['*'], 'a.b'))
  assert.ok(takes(['a.b'], 'a.b'))
  assert.ok(takes(['a.*'], 'a.b.c'))
  assert.ok(!takes(['a.*', 'b'], 'ab.c'))
  assert.ok(!takes(['a.*'], 'a'))
})

test('a field of JSON is told as it was written, and laid out without a changed value', () => {
  const json = '{"a":{"data":0},"data": {"n":1.0,"big":12345678901234567890,"t":"}\\",{"} ,"z":[]}'
  assert.equal(rawField(json, 'data'), '{"n":1.0,"big":12345678901234567890,"t":"}\\",{"}')
  assert.equal(rawField(json, 'z'), '[]')
  assert.equal(rawField(json, 'n'), null)
  assert.equal(
    laidOut('{"n":1.0,"e":{},"l":[1,"a, b"]}'),
    '{\n  "n": 1.0,\n  "e": {},\n  "l": [\n    1,\n    "a, b"\n  ]\n}',
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(4), (value, spaces) => {
      const text = JSON.stringify(value, null, spaces)
      assert.equal(laidOut(text), JSON.stringify(value, null, 2))
      for (const [name, field] of Object.entries(JSON.parse(text)))
        assert.deepEqual(JSON.parse(rawField(text, name) ?? ''), field)
    }),
  )
})

test("a stranger's body names no file for curl to send", () => {
  assert.match(curlText({ url: 'http://a.test', body: '@/etc/passwd' }), /--data-raw @\/etc\/passwd$/)
  assert.match(curlText({ url: 'http://a.test/[1-9]' }), /^curl -sS -g /)
})

test('code that verifies is a program, whatever the request has in it', () => {
  const hostile = '"); process.exit(1) //`${x}` \u2028 */'
  const code = verifyCode({
    ...{ scheme: 'plain', headerPrefix: 'X-A', headers: [['x-a', hostile]], body: hostile, base64: null },
    at: '2026-01-01T00:00:00.000Z',
  })
  assert.ok(code.includes(visible(JSON.stringify(hostile))))
  // Read, not run: a text that ended too early would be an error here.
  assert.doesNotThrow(() => new Script(`async () => {${code.replace(/^import.*$/m, '')}}`))
})

test('of whatever accent the shades can be read on every surface, and white on the strong one', () => {
  const shades = (text = '') => /^light-dark\((#\w{6}), (#\w{6})\)$/.exec(text)?.slice(1) ?? ['', '']
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffff }), (number) => {
      const tokens = accentTokens(`#${number.toString(16).padStart(6, '0')}`)
      const [texts, marks, softs] = ['--accent-text', '--accent', '--accent-soft'].map((name) =>
        shades(tokens[name as '--accent']),
      )
      for (const [index, mode] of (['light', 'dark'] as const).entries()) {
        const on = [...SURFACES[mode], softs?.[index] ?? '']
        for (const surface of on) assert.ok(contrast(texts?.[index] ?? '', surface) >= 4.5, surface)
        for (const surface of SURFACES[mode]) assert.ok(contrast(marks?.[index] ?? '', surface) >= 3, surface)
      }
      assert.ok(contrast(tokens['--accent-strong'] ?? '', '#ffffff') >= 4.5)
    }),
  )
  // What is good already stays as it is.
  assert.equal(accentTokens('#1a7f37')['--accent-strong'], '#1a7f37')
  assert.equal(contrast('#000000', '#ffffff'), 21)
})

test('the surfaces that accents are made for are those of the page', () => {
  const css = readFileSync(new URL('../src/styles/tokens.css', import.meta.url), 'utf8')
  for (const name of ['page', 'surface', 'raised', 'sunken', 'hover']) {
    const [, light = '', dark = ''] =
      new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css) ?? []
    assert.ok((SURFACES.light as readonly string[]).includes(light), name)
    assert.ok((SURFACES.dark as readonly string[]).includes(dark), name)
  }
})

test('an alert rule is one clause, whatever its kind', () => {
  const nothing = { above: null, window_s: null, min_attempts: null }
  assert.equal(
    whenText({ kind: 'failure_rate', above: 20, window_s: 600, min_attempts: 5 }),
    'more than 20 % of at least 5 attempts within 10 min fail',
  )
  assert.equal(
    whenText({ ...nothing, kind: 'oldest_due', above: 90 }),
    'the oldest delivery is due for more than 1 min 30 s',
  )
  assert.equal(whenText({ ...nothing, kind: 'subscription_disabled' }), 'a subscription was disabled')
  assert.deepEqual(titleTexts('', 'dead_letters'), ['Alert: … (dead letters)', 'Over: … (dead letters)'])
  assert.equal(valueText('source_silent', 3600), '1 h')
  assert.equal(valueText('failure_rate', 33.3), '33.3 %')
  assert.equal(valueText('dead_letters', null), null)
})
