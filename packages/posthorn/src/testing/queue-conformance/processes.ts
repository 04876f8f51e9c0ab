import assert from 'node:assert/strict'
import type { QueueCase } from './world.ts'

export const PROCESS_CASES: readonly QueueCase[] = [
  {
    name: 'nobody is woken before the start, nor after the stop, for what was announced before it or after it',
    async run(world) {
      const process = await world.process()
      process.announce(world.now())
      await process.start()
      const at = world.now() + 200
      process.announce(at)
      await process.queue.stop()
      const before = world.woken.length
      process.announce(world.now())
      await world.reach(at + 300)
      assert.equal(world.woken.length, before)
    },
  },
  {
    name: 'a stop before the start, two stops, and two at once are stops',
    async run(world) {
      const never = await world.process()
      await never.queue.stop()
      const process = await world.started()
      await Promise.all([process.queue.stop(), process.queue.stop()])
      await process.queue.stop()
    },
  },
  {
    name: 'a stop from within a wake-up ends it',
    async run(world) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const process = await world.started(() => resolve(process.queue.stop()))
      process.announce(world.now())
      process.announce(world.now() + 200)
      await promise
      const before = world.woken.length
      await world.reach(world.now() + 500)
      assert.equal(world.woken.length, before)
    },
  },
  {
    name: 'a process that only announces is never woken',
    async run(world) {
      const process = await world.process()
      let woken = false
      await process.queue.start(null)
      process.announce(world.now())
      await world.reach(world.now() + 300)
      woken ||= process.woken.length > 0
      assert.equal(woken, false)
    },
  },
  {
    name: 'a process that only announces wakes one that works, now and later',
    needs: ['shared'],
    async run(world) {
      const announcing = await world.process()
      await announcing.queue.start(null)
      const working = await world.started()
      const now = world.now()
      announcing.announce(now)
      await world.wokenSince(now)
      const later = world.now() + 400
      announcing.announce(later)
      await world.wokenSince(later)
      assert.equal(working.woken.length, world.woken.length)
    },
  },
  {
    name: 'of three processes at least one is woken for each time, and none before it',
    needs: ['shared', 'keepsTimes'],
    async run(world) {
      const processes = await Promise.all([world.started(), world.started(), world.started()])
      const now = world.now()
      const times = Array.from({ length: 12 }, (_, index) => now + 300 + index * 60)
      for (const [index, at] of times.entries()) processes[index % 3]?.announce(at, `sub_${index}`)
      for (const at of times) await world.wokenSince(at)
      assert.deepEqual(
        world.woken.filter((one) => one.at < now + 300),
        [],
        'woken too early',
      )
    },
  },
  {
    name: 'what one process has announced wakes another one after it has stopped',
    needs: ['shared'],
    async run(world) {
      const leaving = await world.started()
      const now = world.now()
      leaving.announce(now)
      await world.wokenSince(now)
      // Before the announcement: a start may take longer than what is announced lies ahead.
      await world.started()
      const at = world.now() + 1_500
      leaving.announce(at)
      await world.reach(world.now() + 200)
      await leaving.queue.stop()
      await world.wokenSince(at)
      assert.ok(leaving.woken.every((one) => one.at < at))
    },
  },
]
