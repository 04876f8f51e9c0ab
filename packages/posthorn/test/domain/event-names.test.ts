import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventIdFlaw } from '../../src/domain/event-id.ts'
import { eventTypeFlaw, isOperational, publishableTypeFlaw } from '../../src/domain/event-type.ts'

// Every UTF-16 unit, controls and halves of surrogate pairs too, half of the time from Latin-1.
const anyText = fc.string({
  unit: fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code)),
})

test('event types: words of letters, digits, _ and - joined by full stops', () => {
  for (const good of ['a', 'user.signed_up', 'A-1.b_2.C', '__proto__', 'constructor', 'x'.repeat(128)])
    assert.equal(eventTypeFlaw(good), null, good)
  const rows: ReadonlyArray<readonly [unknown, RegExp]> = [
    ['', /is empty/],
    ['.a', /empty part/],
    ['a.', /empty part/],
    ['a..b', /empty part/],
    ['a b', /U\+0020 as character 2/],
    ['a\nb', /U\+000A as character 2/],
    ['a\u0000', /U\+0000 as character 2/],
    ['a/b', /"\/" \(U\+002F\) as character 2/],
    ['a*', /"\*"/],
    ['\u202euser', /U\+202E as character 1/],
    ['😀', /U\+1F600 as character 1/],
    ['x'.repeat(129), /129 characters/],
    [null, /must be a text/],
    [['a'], /must be a text/],
  ]
  for (const [bad, flaw] of rows) assert.match(eventTypeFlaw(bad) ?? 'no flaw', flaw, String(bad))
})

test('types of Posthorn itself cannot be published', () => {
  assert.match(publishableTypeFlaw('posthorn.subscription.disabled') ?? '', /reserved/)
  assert.equal(publishableTypeFlaw('posthorn'), null)
  assert.equal(publishableTypeFlaw('posthorns.x'), null)
  assert.match(publishableTypeFlaw('a b') ?? '', /U\+0020/)
  assert.ok(isOperational('posthorn.x') && !isOperational('posthorn'))
})

test('event ids: what publishers use, but no full stop', () => {
  for (const good of ['1', 'evt_01-2', 'a:b@c/d+e=', 'x'.repeat(255)])
    assert.equal(eventIdFlaw(good), null, good)
  const rows: ReadonlyArray<readonly [unknown, RegExp]> = [
    ['', /is empty/],
    ['a.b', /full stop/],
    ['x'.repeat(256), /256 characters/],
    ['a b', /characters that may not/],
    ['a\r\nb', /characters that may not/],
    ['é', /characters that may not/],
    [5, /must be a text/],
  ]
  for (const [bad, flaw] of rows) assert.match(eventIdFlaw(bad) ?? 'no flaw', flaw, String(bad))
})

test('what passes can stand in a header and cannot be cut elsewhere', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      if (eventIdFlaw(text) === null) assert.match(text, /^[\x21-\x2d\x2f-\x7e]{1,255}$/)
      if (eventTypeFlaw(text) === null) assert.match(text, /^[\x21-\x7e]{1,128}$/)
    }),
  )
})
