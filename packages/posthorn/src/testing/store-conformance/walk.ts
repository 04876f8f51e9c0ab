/**
 * Random walks: a store and a plain model take the same steps and must agree after each of them. A walk follows from
 * its seed alone; a failure names the seed and the last steps, so it can be walked again.
 */
import assert from 'node:assert/strict'
import { SeededRandom } from '../seeded-random.ts'
import { Walker } from './walker.ts'
import type { Case } from './world.ts'

const SEEDS = [1, 2, 3, 4, 5]
const STEPS = 150
const SHOWN_STEPS = 12

export const WALK_CASES: readonly Case[] = SEEDS.map((seed) => ({
  name: `a random walk of ${STEPS} steps agrees with a plain model (seed ${seed})`,
  async run(world) {
    const walker = new Walker(world, new SeededRandom(seed))
    for (let step = 1; step <= STEPS; step += 1)
      try {
        await walker.step()
        await walker.compareLanes()
        if (step % 10 === 0) await walker.compareAll()
      } catch (error) {
        const steps = walker.trail.slice(-SHOWN_STEPS).join('\n  ')
        throw new assert.AssertionError({
          message: `seed ${seed}, step ${step}: ${error instanceof Error ? error.message : String(error)}\n  ${steps}`,
        })
      }
    assert.ok(walker.counted.claimed > 0 && walker.counted.finished > 0, 'the walk did nothing worth a look')
  },
}))
