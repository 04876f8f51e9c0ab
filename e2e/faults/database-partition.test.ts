/** A worker that is cut off from the database for longer than its leases last, with attempts in flight; others go on. */
import assert from 'node:assert/strict'
import { Bridge } from '../support/bridge.ts'
import { elapse, until } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'
import { isReady } from './support/health.ts'
import { FLAGS } from './support/world.ts'

/** Beyond the lease of an attempt, which is its timeout and the margin. */
const CUT_MS = 4_500
/** What had left the worker before the cut is done by then. */
const UNDER_WAY_MS = 200
const WAYS = ['swallow', 'shut'] as const

faultTest(
  'a partition between one worker and the database',
  { roles: ['api', 'worker'], rate: 50 },
  async (world, dice) => {
    const { cluster } = world
    assert.ok(cluster)
    const way = new Bridge(cluster.database.url)
    await way.open()
    const url = way.urlFor(cluster.database.url)
    const worker = await cluster.make('worker', [...FLAGS, '--database-url', url]).start()
    try {
      for (const name of ['victim', 'other'])
        world.targets.script(name, () => ({ status: 200, afterMs: 100 + dice.roll(400) }))
      await elapse(inForm(1_000, 3_000))
      world.phase('fault')
      for (const how of inForm([dice.pick(WAYS)], [...WAYS, ...WAYS])) {
        await until(
          'the worker to have attempts in flight',
          async () => (await world.leasesOf(worker.pid)) > 0,
        )
        if (how === 'swallow') way.swallow()
        else await way.shut()
        await elapse(UNDER_WAY_MS)
        const inFlight = await world.leasesOf(worker.pid)
        world.allowRepeats(inFlight)
        const arrived = world.targets.progress.count('arrived')
        await elapse(CUT_MS)
        await until('the worker to say so', async () => !(await isReady(worker)), { timeoutMs: 30_000 })
        assert.ok(await isReady(world.workers[0] ?? assert.fail()), 'the other one is well')
        assert.ok(world.targets.progress.count('arrived') > arrived, 'the other one goes on')
        // What it holds in a transaction the server lets go of after 5 s; a sweep follows.
        const isFree = async () => (await world.leasesOf(worker.pid)) === 0
        await until('what it had to be free again', isFree, { timeoutMs: 7_000 })
        await way.shut()
        await way.open()
        await until('the worker to be back', () => isReady(worker), { timeoutMs: 30_000 })
        world.note(`${how} with ${inFlight} in flight`)
        await elapse(dice.roll(1_000))
      }
      assert.deepEqual(await worker.kill('SIGTERM'), { code: 0, signal: null }, worker.run.stderr)
    } finally {
      await way.shut()
    }
  },
)
