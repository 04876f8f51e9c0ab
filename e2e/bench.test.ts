/**
 * The benchmark runs: a hundredth of it, whose figures say nothing. Some of its parts, one of them drawn by lot;
 * `POSTHORN_BENCH_PARTS=all` runs all.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../bench/', import.meta.url))
const MAIN = `${folder}main.ts`
const parts = readdirSync(`${folder}parts`).map((name) => name.replace('.ts', ''))
/** All of them take three minutes of two processors: one of each way to measure, and one more that is drawn. */
const ALWAYS = ['claims', 'latency', 'start', 'verify']
const others = parts.filter((part) => !ALWAYS.includes(part))
const drawn = others[randomInt(others.length)] as string
const asked = process.env.POSTHORN_BENCH_PARTS === 'all' ? parts : [...ALWAYS, drawn]

function run(args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 240_000 })
}

for (const part of asked)
  test(`bench ${part} gives figures`, { timeout: 250_000 }, () => {
    const { status, stdout, stderr } = run(['--quick', part])
    assert.equal(status, 0, stderr)
    assert.match(stdout, /^A quick run/m)
    const [, , ...rows] = stdout.split('\n').filter((line) => line.startsWith('|'))
    assert.ok(rows.length > 0, stdout)
    for (const row of rows) {
      const [, what = '', figure = ''] = row.split('|').map((cell) => cell.trim())
      assert.notEqual(what, '')
      assert.match(figure, /\d/, row)
      assert.doesNotMatch(row, /NaN|Infinity|undefined/)
    }
  })

test('a part that there is not is refused, with those that there are', () => {
  const { status, stderr } = run(['nothing'])
  assert.equal(status, 2)
  assert.match(stderr, /There is no part nothing\. The parts are .*receive, .*verify/)
})
