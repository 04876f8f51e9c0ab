import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreQueue } from '../../src/queue/store/store-queue.ts'
import { systemClock } from '../../src/system/clock.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { testQueue } from '../../src/testing/queue-conformance.ts'

function started() {
  const clock = new FakeClock(0)
  const queue = new StoreQueue({ clock })
  const wakes: number[] = []
  const announce = (at: number) => queue.announce([{ targetId: null, at }])
  const start = () => queue.start(() => wakes.push(clock.now()))
  return { clock, queue, wakes, announce, start }
}

test('it wakes at the earliest time that was announced', async () => {
  const { clock, wakes, announce, start } = started()
  await start()
  announce(300)
  announce(200)
  await clock.advance(250)
  assert.deepEqual(wakes, [200])
  assert.equal(clock.waiting, 0)
})

test('what was due in the past wakes once, at once', async () => {
  const { clock, wakes, announce, start } = started()
  await clock.advance(5_000)
  await start()
  announce(10)
  announce(20)
  await clock.advance(0)
  assert.deepEqual(wakes, [5_000])
})

test('announcements before the start and after the stop are forgotten; the stop leaves no timer', async () => {
  const { clock, queue, wakes, announce, start } = started()
  announce(100)
  await start()
  await clock.advance(500)
  assert.deepEqual(wakes, [])
  announce(600)
  await queue.stop()
  announce(600)
  await clock.advance(5_000)
  assert.deepEqual(wakes, [])
  assert.equal(clock.waiting, 0)
  await queue.stop()
})

test('a stop from within a wake-up ends it', async () => {
  const clock = new FakeClock(0)
  const queue = new StoreQueue({ clock })
  let wakes = 0
  await queue.start(() => {
    wakes += 1
    queue.announce([{ targetId: null, at: 0 }])
    void queue.stop()
  })
  queue.announce([{ targetId: null, at: 0 }])
  await clock.advance(10_000)
  assert.equal(wakes, 1)
  assert.equal(clock.waiting, 0)
})

/** In the memory of one process; there is no server that could be away or forget. */
testQueue('StoreQueue', {
  open: async () => ({
    queue: async () => new StoreQueue({ clock: systemClock }),
    close: async () => undefined,
  }),
})
