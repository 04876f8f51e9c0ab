/** Ten times more than can be done: who is refused is told when to come again, memory has a bound, and after it all is well. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { ServerProcess } from '../support/server.ts'
import { elapse, until, within } from '../support/until.ts'
import { type FaultOptions, faultTest } from './support/fault-test.ts'
import { Flood, type FloodAnswers } from './support/flood.ts'
import { inForm } from './support/form.ts'
import type { SubscriptionPlan, World } from './support/world.ts'

const OVERLOAD_MS = inForm(5_000, 20_000)
/** Of a tenant: with events of 1 MB all of them together are 25 times what the process lets in. */
const CONNECTIONS = 200
const INTAKE_MIB = 8
/** Of each process, above what it was. Without a bound on what comes in it was three times all bodies, 570 MiB. */
const GROWTH_MIB = 250
/** 20 at once, a second each: 20 a second, and ten times as many are published. */
const SLOW = { status: 200, afterMs: 1_000 }
const PUBLISHERS = 30
const RECOVERY_MS = 10_000
/** Nothing is promised of it but an end: one line of events for all. On a busy machine it is seconds. */
const OTHER_P99_MS = 20_000
const MORE = 50

const PLANS: readonly SubscriptionPlan[] = [
  { name: 'victim', tenant: 'victim', events: ['*'] },
  { name: 'other', tenant: 'other', events: ['*'] },
]
const OPTIONS: FaultOptions = {
  ...{ subscriptions: PLANS, rate: 40, drainMs: 120_000 },
  flags: ['--intake-mib', String(INTAKE_MIB)],
}

faultTest('overload of one process on the embedded store', { ...OPTIONS, database: 'embedded' }, overload)
faultTest('overload of a cluster on PostgreSQL', OPTIONS, overload)

async function overload(world: World): Promise<void> {
  const { load } = world
  await within('the load to run', load.progress.reach('accepted', MORE), 30_000)
  const memory = world.processes.map((one) => new Memory(one))
  await backlog(world, memory)
  const answers = await flood(world, memory)
  world.phase('after')
  await recovered(world)
  tell(world, answers, memory)
  for (const { refused, wrong } of answers) {
    assert.deepEqual(wrong, [])
    assert.ok(refused > 0, 'nobody was refused')
  }
  for (const { growthMib } of memory)
    assert.ok(growthMib < GROWTH_MIB, `the memory of a process grew by ${growthMib} MiB`)
  for (const [phase, { p99 }] of world.latenciesOf('other'))
    assert.ok(p99 < OTHER_P99_MS, `${phase}: others waited ${p99} ms`)
}

/** Events as fast as they are accepted, to a target that is slow: what waits is in the store, not in the memory. */
async function backlog(world: World, memory: readonly Memory[]): Promise<void> {
  const { load, targets } = world
  world.phase('backlog')
  targets.script('victim', () => SLOW)
  load.setRate(null)
  load.add('victim', PUBLISHERS)
  const before = load.progress.count('accepted')
  await watched(memory)
  load.setRate(40)
  const rate = Math.round(((load.progress.count('accepted') - before) * 1000) / OVERLOAD_MS)
  world.note(`${rate} events a second`)
}

/** Bodies as fast as they are taken, while the backlog is worked off. */
async function flood(world: World, memory: readonly Memory[]): Promise<FloodAnswers[]> {
  world.phase('flood')
  world.targets.script('victim', () => 200)
  const each = CONNECTIONS / world.apis.length
  const floods = await Promise.all(world.apis.map((api) => Flood.open(api, each)))
  await watched(memory)
  return Promise.all(floods.map((one) => one.end()))
}

async function watched(memory: readonly Memory[]): Promise<void> {
  const end = performance.now() + OVERLOAD_MS
  while (performance.now() < end) {
    await elapse(100)
    for (const one of memory) one.look()
  }
}

/** Ready, and new events are accepted and come to their targets, within seconds. */
async function recovered(world: World): Promise<void> {
  const began = performance.now()
  for (const one of world.processes)
    await until(
      'every process to be ready',
      async () => (await one.api.call('GET', 'root:/readyz')).status === 200,
      { timeoutMs: RECOVERY_MS },
    )
  const { load } = world
  const accepted = load.progress.reach('accepted', load.progress.count('accepted') + MORE)
  await within('more events to be accepted', accepted, RECOVERY_MS)
  world.note(`well again after ${Math.round(performance.now() - began)} ms`)
}

function tell(world: World, answers: readonly FloodAnswers[], memory: readonly Memory[]): void {
  const sum = (what: 'stored' | 'refused') => answers.reduce((all, one) => all + one[what], 0)
  world.note(`of the flood ${sum('stored')} were stored and ${sum('refused')} refused`)
  const grown = memory.map(({ baseMib, growthMib }) => `${baseMib}+${growthMib}`)
  world.note(`memory ${grown.join(', ')} MiB`)
}

/** Resident memory of a process, as Linux tells it. */
class Memory {
  readonly baseMib: number
  readonly #pid: number
  #mostMib: number

  constructor({ pid }: ServerProcess) {
    this.#pid = pid
    this.baseMib = this.#now()
    this.#mostMib = this.baseMib
  }

  get growthMib(): number {
    return this.#mostMib - this.baseMib
  }

  look(): void {
    this.#mostMib = Math.max(this.#mostMib, this.#now())
  }

  #now(): number {
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8')
    return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024)
  }
}
