/** `kill -9` of processes under load: one at random every second, and all of them at once. */
import { elapse } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'

const KILLS = inForm(8, 60)
const EVERY_MS = 1_000

faultTest('kill -9 of a random process every second', {}, async (world, dice) => {
  await elapse(inForm(1_000, 3_000))
  world.phase('fault')
  for (let kill = 0; kill < KILLS; kill += 1) {
    // In step with nothing.
    const wait = dice.roll(EVERY_MS)
    await elapse(wait)
    const process = dice.pick(world.processes)
    await world.kill(process)
    world.restart(process)
    await elapse(EVERY_MS - wait)
  }
})
