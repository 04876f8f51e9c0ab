import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkJson, scanList, scanObject } from '../../../src/api/json/scan.ts'
import { isPosthornError } from '../../../src/domain/error.ts'

const DEPTH = 50

/** `ok`, or the code of the refusal. */
function verdict(text: string | Buffer, maxDepth = DEPTH): string {
  try {
    checkJson(Buffer.from(text as string), maxDepth)
    return 'ok'
  } catch (error) {
    assert.ok(isPosthornError(error), String(error))
    return error.code
  }
}

function detail(text: string, maxDepth = DEPTH): string {
  try {
    checkJson(Buffer.from(text), maxDepth)
  } catch (error) {
    return (error as Error).message
  }
  return 'accepted'
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const spaces = fc.stringMatching(/^[ \t\r\n]{0,3}$/)

test('whatever JSON.stringify writes is accepted, with any white space', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), spaces, spaces, fc.nat(4), (json, before, after, indent) => {
      const text = before + JSON.stringify(JSON.parse(json), null, indent) + after
      assert.equal(verdict(text), 'ok')
    }),
    { numRuns: 500 },
  )
})

test('a text that was damaged is accepted exactly when JSON.parse accepts it', () => {
  const pieces = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '0',
      '-',
      '.',
      'e',
      '+',
      ' ',
      '\n',
      '\u0000',
      '\u001f',
      'null',
      'tru',
      '\\u12',
      '\\ud800',
      'é',
      '\u2028',
      '/',
      "'",
    ],
  )
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat(3), pieces, (json, at, cut, piece) => {
      const place = at % (json.length + 1)
      const text = (json.slice(0, place) + piece + json.slice(place + cut)).toWellFormed()
      assert.equal(verdict(text) === 'ok', parses(text), JSON.stringify(text))
    }),
    { numRuns: 5000 },
  )
})

test('a random string of JSON characters is accepted exactly when JSON.parse accepts it', () => {
  const text = fc
    .array(fc.constantFrom(...'{}[],:"\\0123456789-+.eEtrufalsn \n'), { maxLength: 12 })
    .map((all) => all.join(''))
  fc.assert(
    fc.property(text, (candidate) => {
      assert.equal(verdict(candidate) === 'ok', parses(candidate), JSON.stringify(candidate))
    }),
    { numRuns: 5000 },
  )
})

test('the members stand where JSON.parse sees them, byte for byte', () => {
  const keys = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'data', 'constructor', 'a"b', 'ü\u0001'))
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(keys, fc.json()), { selector: ([key]) => key }),
      spaces,
      (members, gap) => {
        const text = `${gap}{${members.map(([key, json]) => `${gap}${JSON.stringify(key)}${gap}:${gap}${json}${gap}`).join(',')}}${gap}`
        const bytes = Buffer.from(text)
        const root = scanObject(bytes, DEPTH)
        assert.ok(root)
        assert.equal(root.duplicate, null)
        // JSON.stringify has trimmed nothing of the values, so what is cut out is what was put in.
        const found = [...root.members].map(([key, { start, end }]) => [
          key,
          bytes.toString('utf8', start, end),
        ])
        assert.deepEqual(
          found,
          members.map(([key, json]) => [key.toWellFormed(), json.toWellFormed()]),
        )
      },
    ),
    { numRuns: 500 },
  )
})

test('the elements of a list stand where they were put', () => {
  fc.assert(
    fc.property(fc.array(fc.json(), { maxLength: 6 }), spaces, (items, gap) => {
      const bytes = Buffer.from(
        `{"other":[1],${gap}"events"${gap}:[${gap}${items.join(`${gap},${gap}`)}${gap}]}`,
      )
      const list = scanList(bytes, DEPTH, 'events', 4)
      assert.ok(list?.elements)
      assert.equal(list.count, items.length)
      const found = list.elements.map(({ start, end }) => bytes.toString('utf8', start, end))
      assert.deepEqual(
        found,
        items.slice(0, 4).map((item) => item.toWellFormed()),
      )
      for (const element of list.elements) {
        const value: unknown = JSON.parse(bytes.toString('utf8', element.start, element.end))
        const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
        assert.equal('members' in element, isObject)
        if ('members' in element)
          assert.deepEqual([...element.members.keys()].sort(), Object.keys(value as object).sort())
      }
    }),
    { numRuns: 500 },
  )
})

test('numbers, keys and white space are left as they were written', () => {
  const data = '{ "b" : 1.0,"a":12345678901234567890 , "__proto__":{"x":1e2},"t":"\\u00e9é" }'
  const bytes = Buffer.from(`{"event_type":"a.b","data": ${data} }`)
  const span = scanObject(bytes, DEPTH)?.members.get('data')
  assert.ok(span)
  assert.equal(bytes.toString('utf8', span.start, span.end), data)
})

test('keys that are given twice are seen, however they are written', () => {
  assert.equal(scanObject(Buffer.from('{"a":1,"b":2,"\\u0061":3}'), DEPTH)?.duplicate, 'a')
  assert.equal(scanObject(Buffer.from('{"__proto__":1,"__proto__":2}'), DEPTH)?.duplicate, '__proto__')
  assert.equal(scanObject(Buffer.from('{"a":{"a":1}}'), DEPTH)?.duplicate, null)
  const list = scanList(Buffer.from('{"events":[{"a":1,"a":2}]}'), DEPTH, 'events', 9)
  assert.equal((list?.elements?.[0] as { duplicate?: string } | undefined)?.duplicate, 'a')
})

test('what is no object has no members', () => {
  for (const text of ['[]', '1', '"a"', 'null', ' true '])
    assert.equal(scanObject(Buffer.from(text), DEPTH), null)
})

test('the nesting is bounded, and 10,000 levels cost no stack', () => {
  const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
  assert.equal(verdict(nested(DEPTH)), 'ok')
  assert.equal(verdict(nested(DEPTH + 1)), 'json_too_deep')
  assert.equal(verdict(nested(10_000)), 'json_too_deep')
  assert.equal(verdict('{"a":'.repeat(10_000)), 'json_too_deep')
  assert.match(detail(nested(60)), /deeper than 50 levels at line 1, column 51/)
  assert.equal(verdict('{"data":[[]]}', 2), 'json_too_deep')
  assert.equal(verdict('{"data":[1]}', 2), 'ok')
})

test('a flaw is named with its place', () => {
  assert.match(detail('{"a":1,}'), /a key in double quotes should stand at line 1, column 8 \(byte 7\)/)
  assert.match(detail('{\n "ü": tru }'), /a value should stand at line 2, column 7 \(byte 9\)/)
  assert.match(detail('{"a" 1}'), /":" should stand at line 1, column 6/)
  assert.match(detail('[1 2]'), /"," or "\]" should stand at line 1, column 4/)
  assert.match(detail('{"a":1'), /it ends where "," or "}" should stand/)
  assert.match(detail('"a\nb"'), /control character stands in a string at line 1, column 3/)
  assert.match(detail('"a'), /ends inside a string/)
  assert.match(detail('"\\x"'), /no escape/)
  assert.match(detail('01'), /after the end/)
  assert.match(detail('-'), /it ends where a digit should stand/)
  assert.match(detail(''), /it ends where a value should stand/)
})

test('a byte order mark and what is not UTF-8 are refused', () => {
  assert.match(detail('\ufeff{}'), /byte order mark/)
  assert.equal(verdict(Buffer.from([0x22, 0xff, 0x22])), 'json_malformed')
  assert.equal(verdict(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), 'json_malformed')
})
