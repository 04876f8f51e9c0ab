/** SIGTERM of every process in turn under load, as an orchestrator rolls out: nothing is lost, and nothing comes twice. */
import assert from 'node:assert/strict'
import { elapse } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'

/** A process that gets no processor for longer than its lease repeats although it ends in order. */
const LEASES = { flags: ['--lease-margin-ms', '10000'] }

faultTest('SIGTERM of every process in turn: exit 0, no copy, no loss', LEASES, async (world, dice) => {
  await elapse(inForm(1_000, 5_000))
  world.phase('fault')
  for (let round = 0; round < inForm(1, 3); round += 1) {
    const left = [...world.processes]
    while (left.length > 0) {
      const [process] = left.splice(dice.roll(left.length), 1)
      await elapse(dice.roll(400))
      assert.deepEqual(await process?.kill('SIGTERM'), { code: 0, signal: null }, process?.run.stderr)
      await process?.start()
    }
  }
})
