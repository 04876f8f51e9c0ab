/** Sessions of several processes on one PostgreSQL: what one of them ends has ended in all. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import pg from 'pg'
import { findPostgres, HASTY } from '../../../../test/servers/postgres.ts'
import type { Server } from '../../../../test/servers/server.ts'
import { openPostgresStore } from '../../src/storage/postgres/open.ts'
import { systemClock } from '../../src/system/clock.ts'
import { ADMIN_KEY, cookieOf, type Desk, openDesk } from './support/console.ts'
import { PORTAL_PAGE } from './support/two-tenants.ts'

const MINUTE_MS = 60_000
let server: Server
let made = 0

before(
  async () => {
    server = await findPostgres(process.env, HASTY)
  },
  { timeout: 240_000 },
)
after(() => server.stop())

/** Two processes, each with a store of its own. */
async function openBoth(t: TestContext): Promise<readonly [Desk, Desk]> {
  const schema = `sessions_${process.pid}_${++made}`
  const options = { database: server.url, schema, connections: 6, clock: systemClock }
  t.after(async () => {
    const sql = new pg.Client({ connectionString: server.url })
    await sql.connect()
    await sql.query(`drop schema ${schema} cascade`)
    await sql.end()
  })
  const one = await openDesk(t, { store: await openPostgresStore(options) })
  return [one, await openDesk(t, { beside: one, store: await openPostgresStore(options) })]
}

const status = async (desk: Desk, cookie: string) =>
  (await desk.paged(cookie, 'GET', '/sessions/current')).statusCode

test('a session is known to all, kept by use of any, and ended by any', async (t) => {
  const [one, other] = await openBoth(t)
  const { key, keyId } = await one.tenant('acme')
  const cookie = await one.signIn(key)
  assert.equal(await status(other, cookie), 200)
  for (let passed = 0; passed < 100; passed += 20) {
    await one.clock.advance(20 * MINUTE_MS)
    assert.equal(await status(other, cookie), 200, `after ${passed} min`)
  }
  await one.clock.advance(31 * MINUTE_MS)
  assert.deepEqual([await status(one, cookie), await status(other, cookie)], [401, 401])

  const signedOut = await other.signIn(key)
  await one.paged(signedOut, 'DELETE', '/sessions/current')
  assert.equal(await status(other, signedOut), 401)

  const revoked = await other.signIn(key)
  await one.keyed('DELETE', `/keys/${keyId}`)
  assert.equal(await status(other, revoked), 401)

  const admin = await other.signIn(ADMIN_KEY)
  for (let passed = 0; passed < 12 * 60 - 20; passed += 20) {
    await one.clock.advance(20 * MINUTE_MS)
    assert.equal(await status(passed % 40 === 0 ? one : other, admin), 200)
  }
  await one.clock.advance(20 * MINUTE_MS)
  assert.deepEqual([await status(one, admin), await status(other, admin)], [401, 401])
})

test('of many who come by one link at once, to two processes, one is let in', async (t) => {
  const both = await openBoth(t)
  const [one] = both
  await one.tenant('acme')
  for (let round = 0; round < 5; round += 1) {
    const link = await one.keyed('POST', '/portal-sessions', { tenant: 'acme', scope: 'manage' })
    const { pathname, search } = new URL(link.json<{ url: string }>().url)
    const came = await Promise.all(
      Array.from({ length: 12 }, (_, n) => both[n % 2]?.ask('GET', `root:${pathname}${search}`)),
    )
    const letIn = came.filter((answer) => answer?.statusCode === 303)
    assert.equal(letIn.length, 1)
    assert.equal(came.filter((answer) => answer?.statusCode === 401).length, 11)
    const cookie = letIn[0] === undefined ? '' : cookieOf(letIn[0])
    for (const desk of both)
      assert.equal(
        (await desk.ask('GET', '/sessions/current', { headers: { ...PORTAL_PAGE, cookie } })).statusCode,
        200,
      )
    const entries = await one.keyed('GET', '/audit?action=session.opened')
    assert.equal(entries.json<{ data: unknown[] }>().data.length, round + 1)
  }
})

test('a bulk of any ids is worked off, whatever stands in them, and tells of nobody else', async (t) => {
  const [one] = await openBoth(t)
  const { key } = await one.tenant('acme')
  const ids = [
    'dlv_\u0000',
    '\u0000',
    "'; drop table x; --",
    '\ud800',
    '%',
    'dlv_é',
    'x'.repeat(255),
    '__proto__',
  ]
  const begun = await one.keyed('POST', '/deliveries/bulk', { action: 'drop', ids }, key)
  assert.equal(begun.statusCode, 202, begun.body)
  const { bulk_id } = begun.json<{ bulk_id: string }>()
  await one.instance.engine.start()
  const read = async () => (await one.keyed('GET', `/deliveries/bulk/${bulk_id}`, undefined, key)).json()
  for (let round = 0; round < 500 && (await read()).state === 'running'; round += 1) {
    await one.clock.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { state, changed } = await read()
  assert.deepEqual([state, changed], ['done', 0])
  const items = await one.keyed('GET', `/deliveries/bulk/${bulk_id}/items`, undefined, key)
  for (const { result } of items.json<{ data: Array<{ result: string }> }>().data)
    assert.equal(result, 'not_found')
})
