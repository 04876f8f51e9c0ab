import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventTypeFlaw, inboundTypeFlaw } from '../../src/domain/event-type.ts'
import { filterFlaw, filterListFlaws, matcher, parseFilter, prefixesOf } from '../../src/domain/filter.ts'

const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,5}$/)
const type = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('.'))
const filter = fc.oneof(
  fc.constant('*'),
  type,
  type.map((text) => `${text}.*`),
)

const inboundType = fc
  .array(fc.tuple(fc.stringMatching(/^[a-b+]{1,2}$/), fc.constantFrom('.', '/', ':')), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.flat().slice(0, -1).join(''))
const inboundFilter = fc.oneof(
  fc.constant('*'),
  inboundType,
  fc.tuple(inboundType, fc.constantFrom('.', '/', ':')).map(([text, separator]) => `${text}${separator}*`),
)

test('the table of the documentation holds', () => {
  const types = ['user.created', 'user.profile.updated', 'user', 'users.x', 'posthorn.x']
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['*', 'yes yes yes yes no'],
    ['user.created', 'yes no no no no'],
    ['user.*', 'yes yes no no no'],
    ['posthorn.*', 'no no no no yes'],
    ['posthorn.x', 'no no no no yes'],
    ['user', 'no no yes no no'],
  ]
  for (const [one, wanted] of rows) {
    const matches = matcher([one])
    assert.equal(types.map((name) => (matches(name) ? 'yes' : 'no')).join(' '), wanted, one)
  }
})

test('a matcher of many filters says what the filters say one by one, by their plain meaning', () => {
  const plain = (one: string, name: string) => {
    if (one === '*') return !name.startsWith('posthorn.')
    return one.endsWith('.*') ? name.startsWith(one.slice(0, -1)) : name === one
  }
  fc.assert(
    fc.property(fc.array(filter, { minLength: 1, maxLength: 8 }), type, (filters, name) => {
      assert.equal(
        matcher(filters)(name),
        filters.some((one) => plain(one, name)),
      )
    }),
  )
})

test('a type fits itself, each of its categories, and no longer one', () => {
  fc.assert(
    fc.property(type, word, (name, more) => {
      assert.ok(matcher([name])(name))
      for (const prefix of prefixesOf(name)) assert.ok(matcher([`${prefix}*`])(name))
      assert.ok(!matcher([`${name}.*`])(name))
      assert.ok(!matcher([`${name}.${more}`])(name))
      assert.ok(!matcher([`${name}.*`])(`${name}${more}`))
    }),
  )
})

test('every text is either parsed or has a flaw, and never both', () => {
  fc.assert(
    fc.property(fc.oneof(filter, inboundFilter, fc.string()), (text) => {
      if (filterFlaw(text, 'inbound') === null) parseFilter(text)
      else assert.throws(() => parseFilter(text), RangeError)
    }),
  )
})

test('what is a filter over published types is one over inbound types, and matches the same published types', () => {
  fc.assert(
    fc.property(fc.oneof(filter, inboundFilter, fc.string()), type, (text, name) => {
      if (filterFlaw(text) !== null) return
      assert.equal(filterFlaw(text, 'inbound'), null)
      if (!name.startsWith('posthorn.')) assert.equal(matcher([text])(name), matcher([text], 'inbound')(name))
    }),
  )
})

// ---- inbound events: types as providers write them ------------------------------------------------------------------

test('the table of the documentation holds for types of providers', () => {
  const types = ['orders/create', 'orders/a/b', 'orders', 'orders.create', 'build:done', 'posthorn.x']
  const rows: ReadonlyArray<readonly [string, string]> = [
    ['*', 'yes yes yes yes yes yes'],
    ['orders/create', 'yes no no no no no'],
    ['orders/*', 'yes yes no no no no'],
    ['orders.*', 'no no no yes no no'],
    ['build:*', 'no no no no yes no'],
    ['orders/a/*', 'no yes no no no no'],
  ]
  for (const [one, wanted] of rows) {
    const matches = matcher([one], 'inbound')
    assert.equal(types.map((name) => (matches(name) ? 'yes' : 'no')).join(' '), wanted, one)
  }
})

test('filters over inbound types say what their plain meaning says, whatever stands between the words', () => {
  const plain = (one: string, name: string) => {
    if (one === '*') return true
    return /[./:]\*$/.test(one) ? name.startsWith(one.slice(0, -1)) : name === one
  }
  fc.assert(
    fc.property(fc.array(inboundFilter, { minLength: 1, maxLength: 8 }), inboundType, (filters, name) => {
      assert.equal(
        matcher(filters, 'inbound')(name),
        filters.some((one) => plain(one, name)),
      )
    }),
  )
})

test('every type that an inbound event may have can be named, unless it has an asterisk', () => {
  const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code))
  fc.assert(
    fc.property(fc.string({ unit: visible, minLength: 1, maxLength: 255 }), (name) => {
      assert.equal(inboundTypeFlaw(name), null)
      if (name.includes('*')) return
      assert.equal(filterFlaw(name, 'inbound'), null)
      assert.ok(matcher([name], 'inbound')(name))
      for (const prefix of prefixesOf(name).filter(({ length }) => length > 1))
        assert.ok(matcher([`${prefix}*`], 'inbound')(name))
    }),
  )
})

test('flaws of filters over inbound types, and what is refused for published ones only', () => {
  const rows: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /is empty/],
    ['/*', /is empty/],
    ['orders*', /only alone or as its last part/],
    ['**', /only alone or as its last part/],
    ['*/create', /only alone or as its last part/],
    ['orders create', /U\+0020 as character 7; only visible ASCII/],
    ['bestellung/größe', /U\+00F6/],
    ['a'.repeat(256), /has 256 characters, at most 255/],
  ]
  for (const [text, flaw] of rows) assert.match(filterFlaw(text, 'inbound') ?? 'no flaw', flaw, text)
  for (const text of ['orders/create', 'orders/*', 'build:*', 'a..b', 'a+b', 'a'.repeat(129)]) {
    assert.equal(filterFlaw(text, 'inbound'), null, text)
    assert.notEqual(filterFlaw(text), null, text)
  }
})

test('flaws say what is wrong', () => {
  const rows: ReadonlyArray<readonly [unknown, RegExp]> = [
    ['', /is empty/],
    ['user*', /only alone or as its last part/],
    ['*.created', /only alone or as its last part/],
    ['user.**', /only alone or as its last part/],
    ['**', /only alone or as its last part/],
    ['.*', /is empty/],
    ['user..*', /empty part/],
    ['user created', /U\+0020 as character 5/],
    ['üser.*', /U\+00FC as character 1/],
    [`${'a'.repeat(129)}`, /has 129 characters, at most 128/],
    [7, /must be a text/],
  ]
  for (const [text, flaw] of rows) assert.match(filterFlaw(text) ?? 'no flaw', flaw, String(text))
})

test('a list of filters needs one, has a bound, and tells which one is wrong', () => {
  assert.deepEqual(filterListFlaws(['*', 'a.b', 'a.*']), [])
  assert.match(filterListFlaws([])[0]?.message ?? '', /at least one/)
  assert.match(filterListFlaws('*')[0]?.message ?? '', /must be a list/)
  assert.match(filterListFlaws(Array(101).fill('a'))[0]?.message ?? '', /101 filters, at most 100/)
  assert.deepEqual(
    filterListFlaws(['a', 'b c', '*', null]).map(({ index }) => index),
    [1, 3],
  )
})

test('an exact filter has the flaws of an event type', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('*')),
      (text) => assert.equal(filterFlaw(text), eventTypeFlaw(text)),
    ),
  )
})
