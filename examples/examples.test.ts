// Runs every example as its reader would, and compares what it prints with the comment at its end, `/* prints … */`.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const folder = import.meta.dirname
const examples = globSync('*.ts', { cwd: folder })
  .filter((name) => !name.endsWith('.test.ts'))
  .sort()

for (const name of examples)
  test(`examples/${name} prints what it says`, () => {
    const expected = /\n\/\* prints\n([\s\S]*?)\*\/\s*$/.exec(readFileSync(join(folder, name), 'utf8'))?.[1]
    assert.ok(expected, 'says at its end what it prints: /* prints … */')
    const scratch = mkdtempSync(join(tmpdir(), 'posthorn-example-'))
    try {
      const done = spawnSync(process.execPath, [join(folder, name)], {
        cwd: scratch,
        encoding: 'utf8',
        timeout: 60_000,
      })
      assert.equal(done.status, 0, done.stderr)
      assert.equal(done.stdout, expected)
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  })

test('there are examples', () => assert.ok(examples.length > 0))
