/** `kill -9` of processes under load: one at random every second, and all of them at once. */
import type { Dice } from '../support/dice.ts'
import { elapse } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'
import type { World } from './support/world.ts'

const EVERY_MS = 1_000
const QUIET_MS = inForm(1_000, 5_000)

/** A process that gets no processor for longer than its lease repeats without being killed: not what is measured here. */
const LEASES = { flags: ['--lease-margin-ms', String(inForm(5_000, 10_000))] }

async function killEverySecond(world: World, dice: Dice, kills: number): Promise<void> {
  await elapse(QUIET_MS)
  world.phase('fault')
  for (let kill = 0; kill < kills; kill += 1) {
    // In step with nothing; and one that starts is killed too.
    const wait = dice.roll(EVERY_MS)
    await elapse(wait)
    const process = dice.pick(world.processes)
    await world.kill(process)
    world.restart(process)
    await elapse(EVERY_MS - wait)
  }
}

faultTest('kill -9 of a random process every second', LEASES, (world, dice) =>
  killEverySecond(world, dice, inForm(8, 60)),
)

faultTest(
  'kill -9 of the one process on the embedded file',
  { ...LEASES, database: 'embedded' },
  (world, dice) => killEverySecond(world, dice, inForm(4, 20)),
)

/** What tells orders apart: which of the two kinds comes when. */
const ORDERS = ['aaww', 'awaw', 'awwa', 'waaw', 'wawa', 'wwaa'] as const

faultTest('kill -9 of all processes at once, started again in every order', LEASES, async (world, dice) => {
  await elapse(QUIET_MS)
  world.phase('fault')
  const orders: string[] = [...ORDERS]
  for (let round = 0; round < inForm(1, ORDERS.length); round += 1) {
    const [order = ''] = orders.splice(dice.roll(orders.length), 1)
    await Promise.all(world.processes.map((process) => world.kill(process)))
    const left = { a: [...world.apis], w: [...world.workers] }
    for (const kind of order) {
      const some = left[kind as 'a' | 'w']
      const [process] = some.splice(dice.roll(some.length), 1)
      await process?.start()
      await elapse(dice.roll(500))
    }
    world.note(order)
  }
})
