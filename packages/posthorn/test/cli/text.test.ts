import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CliError } from '../../src/cli/exit.ts'
import { Output } from '../../src/cli/output.ts'
import { Progress, progressText } from '../../src/cli/progress.ts'
import { curlText, shellWord } from '../../src/cli/text/curl.ts'
import { Table } from '../../src/cli/text/table.ts'
import { parseInstant, spanText } from '../../src/cli/text/time.ts'
import { clip, harmless, oneLine, pad, widthOf } from '../../src/cli/text/width.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { Kept } from './support/context.ts'

test('widths: letters, wide letters, combining marks, colours', () => {
  assert.equal(widthOf('abc'), 3)
  assert.equal(widthOf('角笛'), 4)
  assert.equal(widthOf('e\u0301'), 1)
  assert.equal(widthOf('\x1b[31mred\x1b[0m'), 3)
})

test('clip never exceeds its columns, pad never shrinks', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
      const clean = oneLine(text)
      assert.ok(widthOf(clip(clean, columns)) <= columns)
      assert.equal(widthOf(pad(clean, columns)), Math.max(columns, widthOf(clean)))
    }),
  )
})

test("other people's text cannot steer the terminal", () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(oneLine(text), /[\p{Cc}\p{Bidi_Control}]/u)
      assert.doesNotMatch(harmless(text), /[^\P{Cc}\n\t]|\p{Bidi_Control}/u)
    }),
  )
  assert.equal(oneLine('a\x1b[2Jb\nc\u202ed'), 'a\\x1b[2Jb\\nc\\u202ed')
})

const COLUMNS = [
  { title: 'name', value: (row: { name: string; size: number }) => row.name, least: 4 },
  { title: 'size', value: (row: { name: string; size: number }) => String(row.size), right: true },
]

test('a table is aligned, cut to the terminal, and goes on over pages', () => {
  const wide = new Table(COLUMNS, { width: null })
  const long = 'a'.repeat(30)
  assert.deepEqual(wide.lines([{ name: 'x', size: 5 }]), ['NAME  SIZE', 'x        5'])
  assert.deepEqual(wide.lines([{ name: long, size: 5 }]), [`${long}     5`])
  const narrow = new Table(COLUMNS, { width: 20 }).lines([{ name: long, size: 12345 }])
  assert.ok(
    narrow.every((line) => widthOf(line) <= 20),
    narrow.join('\n'),
  )
  assert.match(narrow[1] ?? '', /^a+… {2}12345$/)
})

test('instants: with a zone, a day, a distance; everything else is refused', () => {
  const now = Date.UTC(2026, 0, 31, 12)
  assert.equal(parseInstant('--since', '2h', now, 'ago'), now - 7_200_000)
  assert.equal(parseInstant('--deliver-at', '1.5m', now, 'ahead'), now + 90_000)
  assert.equal(parseInstant('--since', 'now', now, 'ago'), now)
  assert.equal(parseInstant('--since', '2026-01-31', now, 'ago'), Date.UTC(2026, 0, 31))
  assert.equal(parseInstant('--since', '2026-01-31T12:00:00+01:00', now, 'ago'), Date.UTC(2026, 0, 31, 11))
  for (const bad of ['', 'yesterday', '2026-01-31T12:00:00', '2026-13-01', '12', '5 h'])
    assert.throws(
      () => parseInstant('--since', bad, now, 'ago'),
      (error: unknown) => {
        assert.ok(error instanceof CliError && error.exit === 'usage' && error.message.includes('--since'))
        return true
      },
    )
})

test('spans for people', () => {
  assert.deepEqual([250, 1234, 60_000, 5_400_000, 86_400_000, 4 * 86_400_000].map(spanText), [
    '250 ms',
    '1.2 s',
    '1 min',
    '1.5 h',
    '24 h',
    '4 days',
  ])
})

test('words of a shell', () => {
  assert.equal(shellWord('plain/word.json'), 'plain/word.json')
  assert.equal(shellWord("it's $HOME"), "'it'\\''s $HOME'")
  assert.equal(
    curlText({ url: 'http://x/?a=1&b', headers: [['a', 'b c']], data: '{}' }),
    "curl -sS 'http://x/?a=1&b' \\\n  -H 'a: b c' \\\n  --data-binary '{}'",
  )
})

test('progress: a bar on a terminal, at most ten times a second; lines every few seconds elsewhere', async () => {
  const clock = new FakeClock()
  const [terminal, file] = [new Kept({ columns: 60 }), new Kept()]
  const bar = new Progress(new Output({ stdout: terminal, stderr: terminal }), clock, 'publishing')
  const lines = new Progress(new Output({ stdout: file, stderr: file }), clock, 'publishing')
  for (let step = 1; step <= 400; step += 1) {
    await clock.advance(10)
    for (const one of [bar, lines]) one.update({ done: step, unit: 'events', share: step / 800 })
  }
  bar.clear()
  assert.equal(terminal.text.split('\r').length - 2, 40)
  assert.ok(terminal.text.endsWith('\r\x1b[2K'))
  assert.equal(file.text, 'publishing 37 %, 300 events, 100/s, 5 s left\n')
})

test('progress without a known end', () => {
  assert.equal(
    progressText('replaying', { done: 12_000, unit: 'events', share: null, more: '3 made' }, 2000, true),
    'replaying 12,000 events, 6,000/s, 3 made',
  )
})

test('colours: on a terminal, not for NO_COLOR, always for FORCE_COLOR', () => {
  const paint = (stream: Kept, env = {}) =>
    new Output({ stdout: stream, stderr: stream }, env).paint('red', 'x')
  assert.equal(paint(new Kept({ columns: 80 })), '\x1b[31mx\x1b[39m')
  assert.equal(paint(new Kept({ columns: 80 }), { NO_COLOR: '1' }), 'x')
  assert.equal(paint(new Kept()), 'x')
  assert.equal(paint(new Kept(), { FORCE_COLOR: '1' }), '\x1b[31mx\x1b[39m')
})
