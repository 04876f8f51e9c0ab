/** PostgreSQL ended, killed and crashed under load, again and again. It writes to disk as in production: fsync is on. */
import assert from 'node:assert/strict'
import { OwnPostgres } from '../../test/servers/own-postgres.ts'
import { elapse, until } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'
import { alive, allReady, refusedWith503 } from './support/health.ts'
import type { World } from './support/world.ts'

/** An orderly end that waits for nobody; an end without a checkpoint; a server process that dies, and all others with it. */
const WAYS = ['fast', 'kill', 'backend'] as const

let postgres: OwnPostgres

async function own(): Promise<OwnPostgres> {
  postgres = await OwnPostgres.start()
  return postgres
}

faultTest(
  'PostgreSQL is restarted and killed under load',
  { database: own, rate: 50 },
  async (world, dice) => {
    const { cluster, processes } = world
    assert.ok(cluster)
    const [durable] = await cluster.query<{ fsync: string }>('show fsync')
    assert.equal(durable?.fsync, 'on')
    const pids = processes.map(({ pid }) => pid)
    await elapse(inForm(1_000, 3_000))
    world.phase('fault')
    const ways = inForm([dice.pick(['fast', 'kill'] as const), 'backend' as const], [...WAYS, ...WAYS])
    for (const way of ways) {
      await end(world, way)
      if (way !== 'backend') {
        await until('all of them to be red', () => allReady(world, false), { timeoutMs: 30_000 })
        await refusedWith503(world)
        await elapse(dice.roll(1_000))
        await postgres.resume()
      }
      await until('PostgreSQL to be back', () => cluster.query('select 1').catch(() => false), {
        timeoutMs: 60_000,
      })
      // Nobody has touched what the end has left behind: what was being attempted is what may be repeated.
      world.allowRepeats(await world.leasesOf(null))
      await cluster.way.open()
      await until('all of them to be green', () => allReady(world, true), { timeoutMs: 30_000 })
      await elapse(500 + dice.roll(1_000))
    }
    assert.deepEqual(
      processes.map(({ pid }) => pid),
      pids,
    )
    assert.ok(await alive(world))
    world.note(ways.join(', '))
  },
)

async function end({ cluster }: World, way: (typeof WAYS)[number]): Promise<void> {
  assert.ok(cluster)
  if (way !== 'backend') {
    await postgres.halt(way)
    await cluster.way.shut()
    return
  }
  const [backend] = await cluster.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'posthorn' order by random() limit 1",
  )
  process.kill(backend?.pid ?? 0, 'SIGKILL')
  await cluster.way.shut()
}
