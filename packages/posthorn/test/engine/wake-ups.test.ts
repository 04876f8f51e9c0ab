import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WakeUps } from '../../src/engine/deliver/wake-ups.ts'
import type { Wake, WakeUp } from '../../src/ports/queue.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

/** A process whose queue does nothing by itself. */
function process(options: { pollMs?: number; room?: boolean } = {}) {
  const clock = new FakeClock(0)
  const announced: WakeUp[] = []
  const looks: number[] = []
  let wake: Wake | null | undefined
  let room = options.room ?? true
  const wakeUps = new WakeUps({
    queue: {
      announce: (all) => announced.push(...all),
      start: async (given) => {
        wake = given
      },
      stop: async () => undefined,
    },
    clock,
    pollMs: options.pollMs ?? 5_000,
    lastLookAt: () => looks.at(-1) ?? -1,
    hasRoom: () => room,
    wake: () => looks.push(clock.now()),
  })
  const call = () => wake?.([{ targetId: null, at: clock.now() }])
  const fill = (full: boolean) => {
    room = !full
  }
  return { clock, wakeUps, announced, looks, call, fill, given: () => wake }
}

test('a queue that forgets everything: what this process knows of is looked at a second late, the rest by the poll', async () => {
  const { clock, wakeUps, looks } = process()
  await wakeUps.start(true)
  wakeUps.later(null, 2_000)
  wakeUps.later(null, 1_500)
  await clock.advance(4_000)
  assert.deepEqual(looks, [2_500])
  await clock.advance(7_000)
  assert.deepEqual(looks, [2_500, 5_000, 10_000])
})

test('where the queue has woken in time nothing is looked at twice', async () => {
  const { clock, wakeUps, looks, call } = process()
  await wakeUps.start(true)
  wakeUps.later(null, 2_000)
  await clock.advance(2_010)
  call()
  await clock.advance(2_000)
  assert.deepEqual(looks, [2_010])
})

test('a look before the time does not stand for one after it', async () => {
  const { clock, wakeUps, looks, call } = process()
  await wakeUps.start(true)
  wakeUps.later(null, 2_000)
  await clock.advance(1_999)
  call()
  await clock.advance(2_000)
  assert.deepEqual(looks, [1_999, 3_000])
})

test('a process that is woken while it is full asks the others', async () => {
  const { clock, wakeUps, announced, call, fill } = process()
  await wakeUps.start(true)
  call()
  assert.deepEqual(announced, [])
  fill(true)
  call()
  assert.deepEqual(announced, [{ targetId: null, at: clock.now() + 200 }])
})

test('a process that attempts nothing tells the queue and never looks', async () => {
  const { clock, wakeUps, announced, looks, given } = process()
  await wakeUps.start(false)
  assert.equal(given(), null)
  wakeUps.later(null, 100)
  wakeUps.again(100)
  await clock.advance(60_000)
  assert.deepEqual(looks, [])
  assert.equal(announced.length, 1)
  assert.equal(clock.waiting, 0)
})

test('after a stop nothing is looked at and no timer is left', async () => {
  const { clock, wakeUps, looks } = process()
  await wakeUps.start(true)
  wakeUps.later(null, 100)
  await wakeUps.stop()
  wakeUps.again(100)
  await clock.advance(60_000)
  assert.deepEqual(looks, [])
  assert.equal(clock.waiting, 0)
})
