/** The clock of one process is an hour ahead or behind, from its start on, or all of a sudden. */
import assert from 'node:assert/strict'
import { after } from 'node:test'
import type { Dice } from '../support/dice.ts'
import type { ServerProcess } from '../support/server.ts'
import type { Attempt, CreatedSubscription, Delivery, Published } from '../support/shapes.ts'
import { startTarget } from '../support/targets.ts'
import { elapse, until } from '../support/until.ts'
import { type FaultOptions, faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'
import { Clocks } from './support/shifted.ts'
import type { World } from './support/world.ts'

const HOUR_MS = 3_600_000
const RUN_MS = inForm(4_000, 15_000)
/** The machine of the tests is busy; what is wrong by the clock is wrong by an hour. */
const SLACK_MS = 20_000
/** Before its time by no more than what two clocks may differ that nobody corrects. */
const EARLY_MS = 1_000

const clocks = new Clocks()
after(() => clocks.remove())
/** Leases that last, so that one which is taken early shows. */
const OPTIONS: FaultOptions = { bin: clocks.bin, flags: ['--lease-margin-ms', '10000'] }

for (const [way, aheadMs] of [
  ['ahead', HOUR_MS],
  ['behind', -HOUR_MS],
] as const) {
  faultTest(`a process that starts an hour ${way}`, OPTIONS, async (world, dice) => {
    const wrong = pick(world, dice)
    clocks.atStart(aheadMs)
    try {
      assert.equal((await wrong.kill('SIGTERM')).code, 0)
      await wrong.start()
    } finally {
      clocks.atStart(0)
    }
    // At once: only the end of a long log is kept.
    await until('it to say so', async () => /clock differs from the database's/.test(wrong.run.stderr))
    world.phase('fault')
    await wrongFor(world, wrong)
  })

  faultTest(`a clock that is set an hour ${way} while the process runs`, OPTIONS, async (world, dice) => {
    const wrong = pick(world, dice)
    world.phase('fault')
    clocks.set(wrong.pid, aheadMs)
    await wrongFor(world, wrong)
    clocks.set(wrong.pid, 0)
    world.phase('after')
    await elapse(RUN_MS / 2)
    await sound(world)
  })
}

function pick(world: World, dice: Dice): ServerProcess {
  const [role, some] = dice.pick([
    ['api', world.apis],
    ['worker', world.workers],
  ] as const)
  world.note(`the wrong one: ${role}`)
  return dice.pick(some)
}

/** Nothing is taken early: no lease, no retry, no delivery that was put off; and nothing comes an hour late. */
async function wrongFor(world: World, wrong: ServerProcess): Promise<void> {
  const late = await timed(world)
  await elapse(RUN_MS)
  await late()
  await sound(world)
  const { status, text } = await wrong.api.call('GET', 'root:/readyz')
  assert.equal(status, 200, text)
}

/** No lease was taken from anybody, and every process is ready. */
async function sound(world: World): Promise<void> {
  for (const one of world.processes) {
    const { text } = await one.api.call('GET', 'root:/metrics', { status: 200 })
    assert.doesNotMatch(text, /^(?:lease_expired|delivery_stale)_total [1-9]/m)
    const oldest = Number(/^delivery_oldest_due_seconds (\S+)/m.exec(text)?.[1] ?? 0)
    assert.ok(oldest < SLACK_MS / 1000, `the oldest due delivery is ${oldest} s old, says a process`)
    await until('every process to be ready', async () => {
      return (await one.api.call('GET', 'root:/readyz')).status === 200
    })
  }
}

/** An event by each process that accepts, for later and with a failure first; its times are checked in the end. */
async function timed(world: World): Promise<() => Promise<void>> {
  const [first] = world.apis as [ServerProcess]
  const target = await startTarget()
  const arrivals = new Map<string, number[]>()
  target.answer((request) => {
    const id = request.header('webhook-id') ?? ''
    const times = [...(arrivals.get(id) ?? []), Date.now()]
    arrivals.set(id, times)
    const at = Number(request.header('webhook-timestamp')) * 1000
    return { status: times.length === 1 || Math.abs(Date.now() - at) > SLACK_MS ? 500 : 200 }
  })
  await first.api.post('/tenants', { slug: 'timed' }, 201)
  const given = { name: 'timed', url: target.url, events: ['*'], retry: [2, 2] }
  await first.api.forTenant('timed').post<CreatedSubscription>('/subscriptions', given, 201)
  const put: Array<{ id: string; calls: ReturnType<ServerProcess['api']['forTenant']>; dueAt: number }> = []
  for (const { api } of [...world.apis, ...world.apis, ...world.apis]) {
    const calls = api.forTenant('timed')
    const dueAt = Date.now() + 2_000
    const event = { event_type: 'a.b', data: {}, deliver_at: new Date(dueAt).toISOString() }
    const { event_id: id } = await calls.post<Published>('/events', event, 202)
    put.push({ id, calls, dueAt })
  }
  return async () => {
    for (const { id, calls, dueAt } of put) {
      const delivery = await until(`${id} to be delivered`, async () => {
        const [found] = await calls.all<Delivery>(`/events/${id}/deliveries`)
        return found?.state === 'delivered' && found
      })
      const [attempt, retry] = await calls.all<Attempt>(`/deliveries/${delivery.id}/attempts`)
      const [came = 0, again = 0, ...more] = arrivals.get(id) ?? []
      assert.deepEqual(more, [], `${id} came more often than twice`)
      inTime(`${id} at its time`, came, dueAt)
      inTime(`${id} again`, again, came + 2_000)
      inTime(`${id}: its record`, Date.parse(attempt?.started_at ?? ''), came)
      inTime(`${id}: the record of its retry`, Date.parse(retry?.started_at ?? ''), again)
      inTime(`${id} by its id`, idTime(id), dueAt - 2_000)
    }
    await target.close()
  }
}

function inTime(what: string, at: number, wanted: number): void {
  const ms = at - wanted
  assert.ok(ms > -EARLY_MS && ms < SLACK_MS, `${what}: ${ms} ms after the time`)
}

/** Of a UUIDv7. */
function idTime(id: string): number {
  return Number.parseInt(
    id
      .slice(id.indexOf('_') + 1)
      .replaceAll('-', '')
      .slice(0, 12),
    16,
  )
}
