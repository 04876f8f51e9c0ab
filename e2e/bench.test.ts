/** The benchmark runs: a hundredth of it, whose figures say nothing. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../bench/', import.meta.url))
const MAIN = `${folder}main.ts`
const parts = readdirSync(`${folder}parts`).map((name) => name.replace('.ts', ''))

function run(args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 240_000 })
}

for (const part of parts)
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
