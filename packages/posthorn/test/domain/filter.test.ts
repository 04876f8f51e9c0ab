import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eventTypeFlaw } from '../../src/domain/event-type.ts'
import { filterFlaw, filterListFlaws, matcher, parseFilter, prefixesOf } from '../../src/domain/filter.ts'

const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,5}$/)
const type = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('.'))
const filter = fc.oneof(
  fc.constant('*'),
  type,
  type.map((text) => `${text}.*`),
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
    fc.property(fc.oneof(filter, fc.string()), (text) => {
      if (filterFlaw(text) === null) parseFilter(text)
      else assert.throws(() => parseFilter(text), RangeError)
    }),
  )
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
