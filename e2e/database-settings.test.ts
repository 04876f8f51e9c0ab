/** What a start says of a PostgreSQL that will not do, or that had better be set otherwise: one of its own, set so. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import pg from 'pg'
import { OwnPostgres } from '../test/servers/own-postgres.ts'
import { LOOPBACK, Run } from './support/server.ts'
import { within } from './support/until.ts'

const PASSWORD = 'hunter2secret'
const START_MS = 60_000

let database: OwnPostgres

before(
  async () => {
    database = await OwnPostgres.start(['fsync=off', 'synchronous_commit=off'])
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    await client.query('create database read_only')
    await client.query('alter database read_only set default_transaction_read_only = on')
    await client.end()
  },
  { timeout: 240_000 },
)
after(() => database.stop())

function serve(t: TestContext, change: object): Run {
  const url = Object.assign(new URL(database.url), change).href
  const key = ['--secret-key', 'a secret key of the end-to-end tests']
  const run = new Run(['serve', '--port', '0', ...LOOPBACK, ...key, '--database-url', url])
  t.after(async () => {
    run.kill('SIGKILL')
    await run.exited
  })
  return run
}

/** Ends as a configuration that is not usable, in a sentence. */
async function refused(run: Run, says: RegExp): Promise<void> {
  const { code } = await within('the end of the server', run.exited, START_MS)
  assert.equal(code, 78, run.stderr)
  assert.match(run.stderr, says)
  assert.doesNotMatch(run.stderr, /\n\s+at /, 'a stack trace is no clear message')
  assert.ok(!`${run.stdout}${run.stderr}`.includes(PASSWORD), 'the password was shown')
}

test('a database that takes no writes is refused', { timeout: 90_000 }, (t) =>
  refused(serve(t, { pathname: '/read_only' }), /takes no writes: default_transaction_read_only/),
)

test('wrong credentials are refused, and not shown', { timeout: 90_000 }, (t) =>
  refused(serve(t, { username: 'nobody_here', password: PASSWORD }), /refused the user or the password/),
)

test('fsync = off and synchronous_commit = off are warned of', { timeout: 90_000 }, async (t) => {
  const run = serve(t, {})
  await within('the server', run.ready, START_MS)
  for (const name of ['fsync', 'synchronous_commit']) assert.match(run.stderr, new RegExp(`${name} = off: `))
})
