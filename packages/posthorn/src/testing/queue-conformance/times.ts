import assert from 'node:assert/strict'
import type { QueueCase } from './world.ts'

export const TIME_CASES: readonly QueueCase[] = [
  {
    name: 'what is announced for later wakes at its time: not before, and soon after',
    async run(world) {
      const process = await world.started()
      const at = world.now() + 400
      process.announce(at)
      const { wakeUps } = await world.wokenSince(at)
      assert.deepEqual(
        world.woken.filter((one) => one.at < at),
        [],
        'woken too early',
      )
      const [wakeUp] = wakeUps
      assert.ok(wakeUp !== undefined && wakeUp.at <= world.now(), 'it says a time that has not come')
      assert.ok([null, 'sub_a'].includes(wakeUp.targetId), 'it names another lane')
    },
  },
  {
    name: 'what has been due for long wakes at once',
    async run(world) {
      const process = await world.started()
      const now = world.now()
      process.announce(now - 3_600_000)
      await world.wokenSince(now)
    },
  },
  {
    name: 'of two times the earlier one wakes, whichever was announced first',
    async run(world) {
      const process = await world.started()
      const now = world.now()
      process.announce(now + 60_000)
      process.announce(now + 300)
      await world.wokenSince(now + 300)
    },
  },
  {
    name: 'each of several times wakes, of one lane and of several',
    needs: ['keepsTimes'],
    async run(world) {
      const process = await world.started()
      const now = world.now()
      const times = [900, 300, 600, 301].map((after) => now + after)
      for (const [index, at] of times.entries()) process.announce(at, `sub_${index % 2}`)
      for (const at of times) await world.wokenSince(at)
      assert.deepEqual(
        world.woken.filter((one) => one.at < now + 300),
        [],
        'woken too early',
      )
    },
  },
  {
    name: 'some lane, none named, is a lane too',
    async run(world) {
      const process = await world.started()
      const now = world.now()
      process.announce(now, null)
      await world.wokenSince(now)
    },
  },
  {
    name: 'a thousand announcements of one lane are few wake-ups, and one of them comes after the last announcement',
    async run(world) {
      const process = await world.started()
      for (let turn = 0; turn < 10; turn += 1) {
        for (let count = 0; count < 100; count += 1) process.announce(world.now())
        await world.reach(world.now())
      }
      const last = world.now()
      process.announce(last)
      await world.wokenSince(last)
      await world.reach(world.now() + 300)
      assert.ok(world.woken.length <= 100, `${world.woken.length} wake-ups`)
    },
  },
  {
    name: 'ten thousand lanes announced at once are few wake-ups too',
    async run(world) {
      const process = await world.started()
      const now = world.now()
      for (let lane = 0; lane < 10_000; lane += 1) process.announce(now, `sub_${lane}`)
      await world.wokenSince(now)
      await world.reach(world.now() + 300)
      assert.ok(world.woken.length <= 1_000, `${world.woken.length} wake-ups`)
    },
  },
  {
    name: 'what is announced while somebody is being woken wakes again',
    async run(world) {
      const { promise, resolve } = Promise.withResolvers<void>()
      let rounds = 0
      const process = await world.started(() => {
        rounds += 1
        if (rounds === 20) resolve()
        else process.announce(world.now())
      })
      process.announce(world.now())
      await promise
    },
  },
]
