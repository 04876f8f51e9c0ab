import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

const LIBRARY = new URL('../../src/index.ts', import.meta.url).href

/** What a process imports that makes an instance with these options, whether or not it succeeds. */
function imported(options: Record<string, unknown>): string[] {
  const program = `
    import { registerHooks } from 'node:module'
    const seen = []
    registerHooks({ resolve: (name, context, next) => { seen.push(name); return next(name, context) } })
    const { createPosthorn } = await import(${JSON.stringify(LIBRARY)})
    const logger = { info() {}, warn() {}, error() {} }
    const posthorn = await createPosthorn({ ...${JSON.stringify(options)}, logger }).catch(() => null)
    await posthorn?.stop()
    console.log(JSON.stringify(seen))`
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  return JSON.parse(run.stdout)
}

const secretKey = 'a secret key for these tests only'

test('an embedded start loads nothing of PostgreSQL', () => {
  const names = imported({ dataDir: ':memory:', secretKey })
  assert.ok(names.includes('node:sqlite'))
  assert.deepEqual(
    names.filter((name) => name === 'pg' || name.includes('storage/postgres')),
    [],
  )
})

test('a start on PostgreSQL does', () => {
  assert.ok(imported({ databaseUrl: 'postgres://127.0.0.1:1/none', secretKey }).includes('pg'))
})
