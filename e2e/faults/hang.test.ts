/** Processes that are stopped and go on later (SIGSTOP, SIGCONT), as a machine does that swaps, or is moved to another host. */
import assert from 'node:assert/strict'
import type { Dice } from '../support/dice.ts'
import type { ServerProcess } from '../support/server.ts'
import { elapse, until, within } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'
import type { SubscriptionPlan, World } from './support/world.ts'

const ROUNDS = inForm(1, 4)
/** While the process is stopped the others must not stand still for longer, whatever it holds. */
const STILL_MS = 12_000
const MORE = 50
const TRIES = 1_000

/**
 * Answers after a while: then the one who asked is stopped, and the answer waits in its socket. Whether that was good or
 * bad, it must change nothing any more. Not bad for each event's first attempt: that is a target which does nothing but
 * fail, its breaker opens, and the backlog waits for probes.
 */
const PLANS: readonly SubscriptionPlan[] = [
  { name: 'victim', tenant: 'victim', events: ['*'], script: () => ({ status: 200, afterMs: 300 }) },
  {
    ...{ name: 'moody', tenant: 'victim', events: ['*'] },
    script: ({ eventId, before }) => ({
      status: before === 0 && /[05]$/.test(eventId) ? 500 : 200,
      afterMs: 300,
    }),
  },
  { name: 'other', tenant: 'other', events: ['*'] },
]

/**
 * Longer than the 5 s after which the server lets go of what a process holds that is stopped in a transaction: with less,
 * results that wait for that come too late, and attempts of others are repeated too.
 */
const MARGIN = ['--lease-margin-ms', '8000']

faultTest(
  'a worker is stopped beyond its leases, with the answers in its sockets',
  { subscriptions: PLANS, rate: 60, flags: MARGIN },
  async (world, dice) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await elapse(500 + dice.roll(1_000))
      const worker = dice.pick(world.workers)
      await until(
        'attempts of the worker to be under way',
        async () => (await world.leasesOf(worker.pid)) > 0,
      )
      await stopped(world, worker, async () => {
        const held = await world.leasesOf(worker.pid)
        world.allowRepeats(held)
        await until('its leases to be taken back', async () => (await world.leasesOf(worker.pid)) === 0, {
          timeoutMs: 45_000,
        })
        await goesOn(world)
        world.note(`${held} leases held`)
      })
      world.note(`${await untilStale(worker)} late results refused`)
    }
    await tellExpired(world)
  },
)

faultTest(
  'a worker is stopped in the middle of a claim',
  { rate: 200, flags: MARGIN },
  async (world, dice) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      await elapse(500 + dice.roll(500))
      const worker = dice.pick(world.workers)
      await stopInTransaction(world, worker, dice)
      world.phase('fault')
      try {
        world.allowRepeats(await world.leasesOf(worker.pid))
        await goesOn(world)
      } finally {
        process.kill(worker.pid, 'SIGCONT')
      }
      world.phase('after')
    }
    await tellExpired(world)
  },
)

faultTest('a process that accepts is stopped for a while', {}, async (world, dice) => {
  for (let round = 0; round < ROUNDS; round += 1) {
    await elapse(500 + dice.roll(1_000))
    await stopped(world, dice.pick(world.apis), async () => {
      await goesOn(world)
      // Longer than its publishers wait, so that they go to the other one with what it may have stored.
      await elapse(6_000)
      await goesOn(world)
    })
  }
})

async function stopped(world: World, one: ServerProcess, meanwhile: () => Promise<void>): Promise<void> {
  process.kill(one.pid, 'SIGSTOP')
  world.phase('fault')
  try {
    await meanwhile()
  } finally {
    process.kill(one.pid, 'SIGCONT')
  }
  world.phase('after')
  await until(
    'the process to be ready again',
    async () => (await one.api.call('GET', 'root:/readyz')).status === 200,
  )
}

/** Events are accepted, and come to their targets. */
async function goesOn({ load, targets }: World): Promise<void> {
  const accepted = load.progress.reach('accepted', load.progress.count('accepted') + MORE)
  await within('more events to be accepted', accepted, STILL_MS)
  const arrived = targets.progress.reach('arrived', targets.progress.count('arrived') + MORE)
  await within('more requests at the targets', arrived, STILL_MS)
}

/** What it had in its sockets was read and is on no record: a newer result is there. @returns how much that was */
function untilStale(worker: ServerProcess): Promise<number> {
  return until('its late results to be refused', async () => {
    const count = await counterOf(worker, 'delivery_stale_total')
    return count > 0 && count
  })
}

/** More than the stopped process held: then a process that ran got no turn for as long, and the machine was too busy. */
async function tellExpired(world: World): Promise<void> {
  const counts = await Promise.all(world.workers.map((worker) => counterOf(worker, 'lease_expired_total')))
  world.note(`${counts.reduce((sum, count) => sum + count, 0)} leases expired`)
}

async function counterOf(worker: ServerProcess, name: string): Promise<number> {
  const { text } = await worker.api.call('GET', 'root:/metrics', { status: 200 })
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
}

/** Stops it, again and again, until that has met it in a transaction that holds lanes. */
async function stopInTransaction({ cluster }: World, { pid }: ServerProcess, dice: Dice): Promise<void> {
  assert.ok(cluster !== null)
  const open = async () => {
    const rows = await cluster.query<{ which: string }>(
      `select pid || ' ' || xact_start as which from pg_stat_activity
      where state = 'idle in transaction' and application_name = 'posthorn' and query like '%lanes%'`,
    )
    return new Set(rows.map(({ which }) => which))
  }
  for (let tried = 0; tried < TRIES; tried += 1) {
    process.kill(pid, 'SIGSTOP')
    const before = await open()
    if (before.size > 0) {
      // Those of the others end meanwhile.
      await elapse(100)
      const after = await open()
      if ([...before].some((which) => after.has(which))) return
    }
    process.kill(pid, 'SIGCONT')
    await elapse(dice.roll(30))
  }
  assert.fail('the worker was never met in a claim')
}
