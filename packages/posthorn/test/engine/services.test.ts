import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Claimer } from '../../src/engine/deliver/claimer.ts'
import { Targets } from '../../src/engine/deliver/targets.ts'
import type { Worker } from '../../src/engine/deliver/worker.ts'
import type { Service } from '../../src/engine/service.ts'
import { Periodic } from '../../src/engine/upkeep/periodic.ts'
import type { LaneStore } from '../../src/ports/store.ts'
import { StoreQueue } from '../../src/queue/store/store-queue.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { Recorder } from '../../src/testing/recorder.ts'
import { SeededRandom } from '../../src/testing/seeded-random.ts'

/** A service on a clock, and how often it has done something. */
interface Subject {
  readonly service: Service
  readonly clock: FakeClock
  readonly done: () => number
}

function periodic(
  round?: () => Promise<void>,
): Subject & { readonly periodic: Periodic; recorder: Recorder } {
  const clock = new FakeClock()
  const recorder = new Recorder()
  let rounds = 0
  const service = new Periodic({
    ...{ name: 'test', everyMs: 1_000, clock, telemetry: recorder },
    round: async () => {
      rounds += 1
      await round?.()
    },
  })
  return { service, periodic: service, clock, recorder, done: () => rounds }
}

function claimer(): Subject {
  const clock = new FakeClock()
  let looks = 0
  const lanes = {
    due: async () => {
      looks += 1
      return []
    },
    nextDueAt: async () => null,
  } as unknown as LaneStore
  const service = new Claimer({
    ...{ lanes, clock, queue: new StoreQueue({ clock }), targets: new Targets(clock) },
    ...{ worker: { free: 4 } as Worker, telemetry: new Recorder() },
    ...{ attempts: true, shared: false },
    finder: { match: () => [], find: () => null, isDeleted: async () => false },
  })
  return { service, clock, done: () => looks }
}

const SUBJECTS = { Periodic: () => periodic(), Claimer: claimer }

for (const [name, make] of Object.entries(SUBJECTS)) {
  test(`${name}: works between start and stop, and not after`, async () => {
    const { service, clock, done } = make()
    await service.start()
    await clock.advance(5_000)
    const [before] = [done()]
    assert.ok(before >= 4)
    await service.stop()
    assert.equal(clock.waiting, 0)
    await clock.advance(5_000)
    assert.equal(done(), before)
  })

  test(`${name}: stopped before it was started, it never runs`, async () => {
    const { service, clock, done } = make()
    await service.stop()
    await service.start()
    await clock.advance(5_000)
    assert.equal(done(), 0)
    assert.equal(clock.waiting, 0)
  })

  test(`${name}: any mix of starts and stops at once ends with nothing running`, async () => {
    const random = new SeededRandom(5)
    for (let round = 0; round < 50; round += 1) {
      const { service, clock, done } = make()
      const calls = [service.start()]
      for (let call = 0; call < 10; call += 1) {
        calls.push(random.unit() < 0.3 ? service.stop() : clock.settle())
        if (random.unit() < 0.3) await clock.settle()
      }
      await Promise.all([...calls, service.stop()])
      const before = done()
      await clock.advance(5_000)
      assert.equal(done(), before)
      assert.equal(clock.waiting, 0)
    }
  })
}

test('Periodic: one round at a time; a stop waits for the one that runs', async () => {
  let end = () => {}
  let running = 0
  const { service, clock, done } = periodic(async () => {
    running += 1
    assert.equal(running, 1)
    await new Promise<void>((resolve) => {
      end = resolve
    })
    running -= 1
  })
  await service.start()
  await clock.advance(10_000)
  assert.equal(done(), 1)
  let stopped = false
  const stopping = service.stop().then(() => {
    stopped = true
  })
  await clock.settle()
  assert.equal(stopped, false)
  end()
  await stopping
  assert.equal(running, 0)
  assert.equal(clock.waiting, 0)
})

test('Periodic: a round that fails is told and the next one comes', async () => {
  const { service, clock, recorder, done } = periodic(() => Promise.reject(new Error('broken')))
  await service.start()
  await clock.advance(3_000)
  await service.stop()
  assert.equal(done(), 3)
  assert.deepEqual(recorder.all('service.failed').at(0), {
    ...{ name: 'service.failed', service: 'test', error: 'Error: broken' },
  })
})

test('Periodic: soon means now, right after the running round, or at the start', async () => {
  let end = () => {}
  const {
    periodic: service,
    clock,
    done,
  } = periodic(
    () =>
      new Promise<void>((resolve) => {
        end = resolve
      }),
  )
  service.soon()
  await clock.advance(5_000)
  assert.equal(done(), 0, 'not before the start')
  await service.start()
  await clock.advance(0)
  assert.equal(done(), 1, 'at the start, since it was asked for')
  service.soon()
  service.soon()
  end()
  await clock.advance(0)
  assert.equal(done(), 2, 'once after the running one')
  end()
  await clock.advance(999)
  assert.equal(done(), 2)
  service.soon()
  await clock.advance(0)
  assert.equal(done(), 3)
  end()
  await service.stop()
})
