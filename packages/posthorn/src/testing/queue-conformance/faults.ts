import assert from 'node:assert/strict'
import { systemClock } from '../../system/clock.ts'
import type { Process, QueueCase } from './world.ts'

/** Far more than the work is, far less than a wait for a server. */
const AT_ONCE_MS = 1_000

function announceMany(process: Process, now: number): void {
  const started = systemClock.elapsed()
  for (let count = 0; count < 10_000; count += 1) process.announce(now + count, `sub_${count}`)
  assert.ok(systemClock.elapsed() - started < AT_ONCE_MS, 'announce waits for something')
}

export const FAULT_CASES: readonly QueueCase[] = [
  {
    name: 'after everything was forgotten, what is announced again wakes',
    needs: ['forget'],
    async run(world) {
      const process = await world.started()
      const now = world.now()
      process.announce(now)
      await world.wokenSince(now)
      process.announce(world.now() + 60_000)
      await world.place.forget?.()
      await world.wokenAgain(process)
    },
  },
  {
    name: 'a time that was announced, forgotten, and announced again wakes',
    needs: ['forget', 'keepsTimes'],
    async run(world) {
      const process = await world.started()
      await world.wokenAgain(process)
      const at = world.now() + 5_000
      process.announce(at)
      await world.reach(world.now() + 200)
      await world.place.forget?.()
      await world.wokenAgain(process)
      // An engine puts back what falls due some seconds later.
      await world.reach(world.now() + 1_500)
      process.announce(at)
      await world.wokenSince(at)
    },
  },
  {
    name: 'while the server is away announcing neither throws nor waits; once it is back, it wakes',
    needs: ['cutOff'],
    async run(world) {
      const process = await world.started()
      await world.wokenAgain(process)
      const back = await world.place.cutOff?.()
      announceMany(process, world.now())
      await world.reach(world.now() + 300)
      announceMany(process, world.now())
      await back?.()
      await world.wokenAgain(process)
    },
  },
  {
    name: 'a process that starts while the server is away starts, and is woken once it is back',
    needs: ['cutOff'],
    async run(world) {
      const back = await world.place.cutOff?.()
      const process = await world.started()
      announceMany(process, world.now())
      // Long enough for the first tries to have failed.
      await world.reach(world.now() + 3_000)
      await back?.()
      await world.wokenAgain(process)
    },
  },
  {
    name: 'a process stops while the server is away',
    needs: ['cutOff'],
    async run(world) {
      const process = await world.started()
      await world.wokenAgain(process)
      const back = await world.place.cutOff?.()
      process.announce(world.now())
      const started = systemClock.elapsed()
      await process.queue.stop()
      assert.ok(systemClock.elapsed() - started < 10_000)
      await back?.()
    },
  },
]
