/**
 * The harness goes red: programs with a defect put into them are run as the scenarios run the true one, and the promise that
 * each breaks is found. The same faults leave the true program's promises whole.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Dice } from '../support/dice.ts'
import { elapse, until, within } from '../support/until.ts'
import { breakBuild, type Defect } from './support/broken-build.ts'
import { sharedPostgres } from './support/fault-test.ts'
import { FORM, inForm } from './support/form.ts'
import { USUAL, World, type WorldOptions } from './support/world.ts'

interface Scene extends Omit<WorldOptions, 'database' | 'bin'> {
  readonly act: (world: World) => Promise<void>
}

const QUIET: Scene = {
  ...{ roles: ['api', 'worker'], rate: 60 },
  act: () => elapse(1_500),
}

/** A worker dies with attempts in flight. */
const KILLED_WORKER: Scene = {
  ...{ roles: ['api', 'worker'], rate: 60, drainMs: 12_000 },
  act: async (world) => {
    const [worker] = world.workers
    assert.ok(worker !== undefined)
    world.targets.script('other', () => ({ status: 200, afterMs: 400 }))
    await until('attempts in flight', async () => (await world.leasesOf(worker.pid)) > 0)
    await world.kill(worker)
    world.restart(worker)
  },
}

/** The database says nothing more, then whoever accepts dies. */
const SILENCE: Scene = {
  ...{ roles: ['api', 'worker'], rate: 60 },
  act: async (world) => {
    const [api] = world.apis
    assert.ok(api !== undefined && world.cluster !== null)
    await elapse(500)
    world.cluster.way.swallow()
    world.allowRepeats(await world.leasesOf(null))
    await elapse(700)
    await world.kill(api)
    await world.cluster.way.shut()
    await world.cluster.way.open()
    world.restart(api)
  },
}

/** Workers stop with attempts in flight; another one fails at those and will try them again; then they wake up. */
const STOPPED: Scene = {
  ...{ roles: ['api', 'worker', 'worker'], rate: 20 },
  subscriptions: [{ ...USUAL[0]!, more: { retry: [6, 1, 1, 1, 1, 1] } }],
  act: async (world) => {
    const [, last] = world.workers
    assert.ok(last !== undefined)
    // The last one is the other one: it comes when the first does not go on.
    assert.deepEqual(await last.kill('SIGTERM'), { code: 0, signal: null })
    const held = new Set<string>()
    const failed = Promise.withResolvers<void>()
    world.targets.script('victim', ({ eventId, before }) => {
      if (before === 0 && held.size < 3) held.add(eventId)
      if (!held.has(eventId) || before > 1) return 200
      if (before === 1) failed.resolve()
      return before === 0 ? { status: 200, afterMs: 20_000 } : 500
    })
    const [first] = world.workers
    assert.ok(first !== undefined)
    await until('attempts that are held', () => held.size === 3)
    // Nothing else under way: one that is stopped within a transaction has lost its connection when it wakes up, and with
    // that the results which are to come too late.
    await until('only what is held', async () => (await world.leasesOf(first.pid)) === held.size)
    first.run.kill('SIGSTOP')
    world.allowRepeats(await world.leasesOf(first.pid))
    await last.start()
    await within('an attempt of the other one', failed.promise, 30_000)
    await elapse(300)
    first.run.kill('SIGCONT')
  },
}

const SILENCE_FOUND = /accepted and lost/

const BROKEN: ReadonlyArray<readonly [name: string, Scene, Defect, found: RegExp]> = [
  [
    'answers 202 before the commit',
    SILENCE,
    {
      file: 'engine/publish/publisher.ts',
      text: 'result = await this.#inserts.add({ event, deliveries: plan.deliveries })',
      instead: `void this.#inserts.add({ event, deliveries: plan.deliveries }).catch(() => undefined)
      result = { status: 'stored', key: 1 as never }`,
    },
    SILENCE_FOUND,
  ],
  [
    'records over a newer result, whatever the token',
    STOPPED,
    {
      file: 'storage/postgres/finish.ts',
      text: 'd.lease_token = f.token and f.state is null',
      instead: 'f.state is null',
    },
    /attempt 1 stands in place 2/,
  ],
  [
    'takes any answer for success',
    QUIET,
    {
      file: 'domain/classify.ts',
      text: 'statusCode >= 200 && statusCode < 300',
      instead: 'statusCode >= 200 && statusCode < 600',
    },
    /delivered, says the API, and its target never answered so/,
  ],
  [
    'forgets the leases of the dead',
    KILLED_WORKER,
    {
      file: 'engine/upkeep/sweeper.ts',
      text: 'expired = await lanes.expireLeases(clock.now(), LEASES_A_ROUND)',
      instead: 'expired = 0',
    },
    /deliveries are still leased/,
  ],
  [
    'sends again after success',
    QUIET,
    {
      file: 'engine/deliver/attempter.ts',
      text: 'if (!report.aborted) this.#tell(',
      instead: `if (report.outcome === 'success') {
      await new Promise<void>((resolve) => clock.after(200, resolve))
      await tried(leased, target, { number, signal, traceparent, delivered })
    }
    if (!report.aborted) this.#tell(`,
    },
    /ms after its recorded success/,
  ],
]

/** One sentence for each promise that was found broken. */
async function findings(t: TestContext, { act, ...options }: Scene, bin?: string): Promise<string[]> {
  const database = await sharedPostgres()
  const world = await World.open({ ...options, database, ...(bin === undefined ? {} : { bin }) })
  t.after(() => world.dispose())
  world.load.start()
  await act(world)
  const settled = await world.settle().then(
    () => [],
    (error: Error) => [error.message],
  )
  const { broken, repeats } = await world.check()
  t.diagnostic(`${repeats} repeats (at most ${world.repeatsAllowed}); ${broken.slice(0, 3).join('; ')}`)
  return [...settled, ...broken]
}

/** One that is drawn in `npm test`, where all of them took a minute and a half; all in the long form. */
const asked = inForm([new Dice(FORM.seeds[0] as number).pick(BROKEN)], BROKEN)

for (const [name, scene, defect, found] of asked)
  test(`found: a build that ${name}`, { timeout: 200_000 }, async (t) => {
    const build = breakBuild(defect)
    t.after(() => build.remove())
    const broken = await findings(t, scene, build.bin)
    assert.ok(
      broken.some((line) => found.test(line)),
      `nothing like ${found} in ${JSON.stringify(broken.slice(0, 20))}`,
    )
  })

for (const [name, scene] of [
  ['the database says nothing and whoever accepts dies', SILENCE],
  ['a worker stops, and wakes when another one has its deliveries', STOPPED],
] as const)
  test(`green: the true build, when ${name}`, { timeout: 200_000 }, async (t) => {
    assert.deepEqual(await findings(t, scene), [])
  })

test('a defect whose text is not in the program is refused', () => {
  const defect = { file: 'domain/classify.ts', text: 'there is no such text', instead: '' }
  assert.throws(() => breakBuild(defect), /does not have this text once/)
})
