/**
 * A rolling upgrade: processes of the next version, which migrates the database, take the place of the old ones one by one
 * under load; old ones that are started again meanwhile; and what is refused.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Cluster, type Role } from '../support/cluster.ts'
import { ServerProcess } from '../support/server.ts'
import type { CreatedSubscription, Delivery, Published } from '../support/shapes.ts'
import { startTarget } from '../support/targets.ts'
import { elapse, until, within } from '../support/until.ts'
import { type BrokenBuild, breakBuild } from './support/broken-build.ts'
import { faultTest, sharedPostgres } from './support/fault-test.ts'
import { inForm } from './support/form.ts'
import { FLAGS } from './support/world.ts'

const QUIET_MS = inForm(1_000, 3_000)

/** Every table that is written on the way of an event, and one of the configuration. */
const TABLES = ['events', 'event_ids', 'pending', 'ended', 'attempts', 'lanes', 'subscriptions', 'processes']

/** The same of the embedded file. */
const EMBEDDED_TABLES = ['events', 'deliveries', 'attempts', 'lanes', 'subscriptions']

/** A second schema, as a later version would have it: columns that may be null, and an index. */
function next(oldest: number): BrokenBuild {
  const columns = TABLES.map((table) => `alter table \${schema}.${table} add column note_2 text;`).join('\n')
  const index = 'create index pending_by_note on ${schema}.pending (note_2) where note_2 is not null;'
  return breakBuild({
    file: 'storage/postgres/migrations/all.ts',
    text: 'MIGRATIONS = [first] as const',
    instead: `MIGRATIONS = [first, { number: 2, name: 'second', oldest: ${oldest}, sql: (schema: string) => \`${columns}\n${index}\` }] as const`,
  })
}

const compatible = next(1)
const breaking = next(2)
after(() => {
  compatible.remove()
  breaking.remove()
})

const ROLES: readonly Role[] = inForm(['api', 'worker'], ['api', 'api', 'worker', 'worker'])

faultTest('a rolling upgrade with a migration', { roles: ROLES, rate: 50 }, async (world, dice) => {
  const { cluster } = world
  assert.ok(cluster)
  await elapse(QUIET_MS)
  world.phase('fault')
  const old = [...world.processes]
  const roles = [...ROLES]
  while (roles.length > 0) {
    // Any of them may be the first, and so the one that migrates.
    const [role] = roles.splice(dice.roll(roles.length), 1) as [Role]
    const made = cluster.make(role, FLAGS, compatible.bin)
    world.join(role, await made.start())
    await elapse(inForm(300, 1_500))
    const text = 'select max(number) as number from {schema}.schema_migrations'
    const rows: ReadonlyArray<{ number: number }> = await cluster.query(text)
    assert.equal(rows[0]?.number, 2)
    // An old one that its orchestrator starts again, on the schema that it does not know.
    const again = dice.pick(world.processes.filter((one) => old.includes(one)))
    assert.deepEqual(await again.kill('SIGTERM'), { code: 0, signal: null }, again.run.stderr)
    await again.start()
    assert.match(again.run.stderr, /has schema 2, this Posthorn knows schema 1/)
    await elapse(inForm(300, 1_500))
    const isApi = (one: ServerProcess) => world.apis.includes(one)
    const gone = world.processes.find((one) => old.includes(one) && isApi(one) === (role === 'api'))
    assert.ok(gone)
    assert.deepEqual(await world.leave(gone), { code: 0, signal: null }, gone.run.stderr)
  }
  for (const { run } of [...old, ...world.processes])
    assert.doesNotMatch(run.stderr, /cached plan|does not exist/, run.stderr)
})

test('a schema that an old program cannot work with refuses it, and says so', {
  timeout: 120_000,
}, async (t) => {
  const cluster = await Cluster.open(await sharedPostgres())
  t.after(() => cluster.dispose())
  const newer = await cluster.make('all', [], breaking.bin).start()
  const older = cluster.make('all').launch()
  assert.deepEqual(await within('the old program to end', older.exited, 60_000), { code: 65, signal: null })
  assert.match(older.stderr, /has schema 2, this Posthorn knows schema 1.*nothing was changed/)
  assert.doesNotMatch(older.stderr, /\n\s+at /)
  assert.equal((await newer.api.call('GET', 'root:/readyz')).status, 200)
})

test('an embedded file that a newer release has migrated can be taken back to the old one', {
  timeout: 120_000,
}, async (t) => {
  const newer = breakBuild({
    file: 'storage/sqlite/migrations/all.ts',
    text: '= [first]',
    instead: `= [first, { number: 2, name: 'second', oldest: 1, sql: \`${EMBEDDED_TABLES.map((table) => `alter table ${table} add column note_2 text;`).join('\n')}
      create index events_by_note on events (note_2) where note_2 is not null;\` }]`,
  })
  t.after(() => newer.remove())
  const target = await startTarget()
  t.after(() => target.close())
  const upgraded = new ServerProcess({ bin: newer.bin })
  t.after(() => upgraded.dispose())
  await upgraded.start()
  const subscription = { name: 's', url: target.url, events: ['*'] }
  await upgraded.api.post<CreatedSubscription>('/subscriptions', subscription, 201)
  const { dataDir } = upgraded
  assert.equal((await upgraded.kill('SIGTERM')).code, 0)
  const back = new ServerProcess({ dataDir })
  t.after(() => back.dispose())
  await back.start()
  assert.match(back.run.stderr, /has schema 2, this Posthorn knows schema 1/)
  const { event_id } = await back.api.post<Published>('/events', { event_type: 'a.b', data: 1 }, 202)
  await until('the event to be delivered', async () => {
    const [delivery] = await back.api.all<Delivery>(`/events/${event_id}/deliveries`)
    return delivery?.state === 'delivered'
  })
  await back.restart()
})
