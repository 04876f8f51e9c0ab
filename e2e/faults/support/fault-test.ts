/** A fault scenario as tests, one for each seed: a world under load, the fault, and then every promise is checked. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { findPostgres } from '../../../test/servers/postgres.ts'
import type { Server } from '../../../test/servers/server.ts'
import { Dice } from '../../support/dice.ts'
import type { Allowance } from './check.ts'
import { FORM } from './form.ts'
import { World, type WorldOptions } from './world.ts'

export interface FaultOptions extends Omit<WorldOptions, 'database'> {
  /** Default: a PostgreSQL that the file's scenarios share. A function: one of the seed's own, stopped after it. */
  readonly database?: 'shared' | 'embedded' | (() => Promise<Server>)
  /** Of one seed. Default 600,000. */
  readonly timeoutMs?: number
}

/** @returns what else than kills by `world.kill` may have repeated, or come late */
export type Act = (world: World, dice: Dice) => Promise<Partial<Allowance>> | Promise<void>

const BROKEN_SHOWN = 20

let shared: Promise<Server> | null = null

/** The PostgreSQL of this file. Found at first use, which on a machine without one takes its time. */
export function sharedPostgres(): Promise<Server> {
  shared ??= findPostgres()
  return shared
}

before(async () => void (shared !== null && (await shared)), { timeout: 240_000 })
after(async () => void (await (await shared)?.stop()))

export function faultTest(name: string, options: FaultOptions, act: Act): void {
  const { database = 'shared', timeoutMs = 600_000 } = options
  if (database === 'shared') void sharedPostgres().catch(() => {})
  for (const seed of FORM.seeds)
    test(`${name} (seed ${seed})`, { timeout: timeoutMs }, async (t) => {
      const own = typeof database === 'function' ? await database() : null
      let world: World | null = null
      // In this order: the world leaves nothing behind in its database.
      t.after(async () => {
        await world?.dispose()
        await own?.stop()
      })
      const server = database === 'shared' ? await sharedPostgres() : own
      world = await World.open({ ...options, database: server })
      await runScenario(t, world, act, new Dice(seed))
    })
}

/** The act, and the way back to rest after it. Says at once why it failed: a long run's summary is hours away. */
async function acted(t: TestContext, world: World, act: () => ReturnType<Act>): Promise<Partial<Allowance>> {
  try {
    const allowance = (await act()) ?? {}
    await world.settle()
    return allowance
  } catch (error) {
    t.diagnostic(`${world.kills} kills; ${(error as Error).message}; ${world.notes.join('; ')}`)
    throw error
  }
}

async function runScenario(t: TestContext, world: World, act: Act, dice: Dice): Promise<void> {
  world.phase('quiet')
  world.load.start()
  const allowance = await acted(t, world, () => act(world, dice))
  const found = await world.check(allowance)
  const allowed = world.repeatsAllowed + (allowance.repeats ?? 0)
  t.diagnostic(
    [
      `${found.events} events, ${found.deliveries} deliveries, ${world.kills} kills`,
      `${found.unknown} publishes sent again, ${found.duplicates} known already`,
      `${found.repeats} requests repeated (at most ${allowed}), ${found.late} late`,
      ...[...world.latenciesOf('other')].map(
        ([phase, { p50, p99 }]) => `other ${phase}: p50 ${p50}, p99 ${p99} ms`,
      ),
      ...world.notes,
    ].join('; '),
  )
  const more = found.broken.length > BROKEN_SHOWN ? [`… ${found.broken.length} in all`] : []
  assert.deepEqual([...found.broken.slice(0, BROKEN_SHOWN), ...more], [])
}
