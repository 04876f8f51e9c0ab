/** Starts on PostgreSQL that cannot work, and what they say; what many first starts make once. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import pg from 'pg'
import { findPostgres } from '../test/servers/postgres.ts'
import type { Server } from '../test/servers/server.ts'
import { LOOPBACK, Run } from './support/server.ts'
import { within } from './support/until.ts'

const KEY = ['--secret-key', 'a secret key of the end-to-end tests'] as const
const PASSWORD = 'hunter2secret'

let database: Server
let made = 0

// A machine without a PostgreSQL has one installed, which takes its time.
before(
  async () => {
    database = await findPostgres()
  },
  { timeout: 240_000 },
)
after(() => database.stop())

/** A schema of its own, as flags. */
function place(t: TestContext): string[] {
  const schema = `start_${process.pid}_${++made}`
  t.after(async () => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query(`drop schema if exists ${schema} cascade`)
    await client.end()
  })
  return ['--database-url', database.url, '--database-schema', schema]
}

function serve(t: TestContext, ...flags: readonly string[]): Run {
  return run(t, 'serve', '--port', '0', ...LOOPBACK, ...flags)
}

function run(t: TestContext, ...args: readonly string[]): Run {
  const started = new Run(args)
  t.after(async () => {
    started.kill('SIGKILL')
    await started.exited
  })
  return started
}

/** Waits for a run that fails, and looks at what it says. */
async function refused(started: Run, says: RegExp): Promise<void> {
  const { code } = await within('the end of the server', started.exited, 30_000)
  assert.ok(code !== 0 && code !== null, String(code))
  assert.match(started.stderr, says)
  assert.doesNotMatch(started.stderr, /\n\s+at /, 'a stack trace is no clear message')
  assert.ok(!`${started.stdout}${started.stderr}`.includes(PASSWORD), 'the password was shown')
}

for (const role of ['api', 'worker'])
  test(`--role ${role} without a database is refused`, (t) =>
    refused(serve(t, '--role', role, ...KEY), /--role.*--database-url/))

test('a database without the secret key is refused', (t) =>
  refused(serve(t, ...place(t)), /secret key must be given \(--secret-key/))

test('a URL that cannot be read is refused, and not shown', (t) =>
  refused(serve(t, ...KEY, '--database-url', `postgres://user:${PASSWORD}%zz@host/db`), /--database-url/))

test('a server that cannot be reached is said so', (t) =>
  refused(serve(t, ...KEY, '--database-url', `postgres://user:${PASSWORD}@127.0.0.1:1/db`), /ECONNREFUSED/))

test('a database that is not there is said so', (t) => {
  const url = new URL(database.url)
  url.pathname = '/no_such_database'
  return refused(serve(t, ...KEY, '--database-url', url.href), /no such database|does not exist/i)
})

test('--no-migrate refuses an empty database; `posthorn migrate` brings it up to date, once', async (t) => {
  const flags = place(t)
  await refused(serve(t, ...KEY, ...flags, '--no-migrate'), /posthorn migrate/)
  const first = run(t, 'migrate', ...flags)
  assert.equal((await within('the migration', first.exited, 30_000)).code, 0, first.stderr)
  assert.match(first.stdout, /from schema 0 to \d+/)
  const { username, password } = new URL(database.url)
  assert.ok(!first.stdout.includes(`${username}:${password}@`))
  const again = run(t, 'migrate', '--json', ...flags)
  assert.equal((await within('the second migration', again.exited, 30_000)).code, 0, again.stderr)
  const { from, to } = JSON.parse(again.stdout) as { from: number; to: number }
  assert.equal(from, to)
  await within('the server', serve(t, ...KEY, ...flags, '--no-migrate').ready, 30_000)
})

test('many first starts at once make one admin key, shown by one of them; workers make none', {
  timeout: 60_000,
}, async (t) => {
  const flags = [...KEY, ...place(t)]
  const starts = ['api', 'all', 'worker', 'api'].map((role) => serve(t, ...flags, '--role', role))
  const urls = await Promise.all(starts.map(({ ready }) => within('a server', ready, 40_000)))
  const shown = starts.flatMap(({ stderr }) => [
    ...stderr.matchAll(/admin key, shown this once, keep it: (\S+)/g),
  ])
  assert.equal(shown.length, 1)
  for (const [index, url] of urls.entries()) {
    const headers = { authorization: `Bearer ${shown[0]?.[1]}` }
    const { status } = await fetch(`${url}/api/v1/webhooks/tenants`, { headers })
    assert.equal(status, index === 2 ? 404 : 200)
  }
})

test('another secret key on the same database is refused, also before there is a secret', async (t) => {
  const flags = place(t)
  await within('the first server', serve(t, ...KEY, ...flags).ready, 30_000)
  const other = ['--secret-key', 'another secret key of another cluster']
  await refused(serve(t, ...other, ...flags), /need the same --secret-key/)
})
