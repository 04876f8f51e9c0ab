import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedClock } from '../../src/system/shared-clock.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

const HOUR = 3_600_000

function clocks() {
  const own = new FakeClock(1_000 * HOUR)
  const told: number[] = []
  return { own, told, shared: new SharedClock(own, (aheadMs) => told.push(aheadMs)) }
}

test('without a word of the store it is the own clock', async () => {
  const { own, shared, told } = clocks()
  await own.advance(5)
  own.setWall(7)
  assert.deepEqual([shared.now(), told], [7, []])
})

test('once the store has said what time it is that is the time, and whoever is far off is told of once', async () => {
  const { own, shared, told } = clocks()
  shared.agree(999 * HOUR)
  assert.equal(shared.now(), 999 * HOUR)
  assert.deepEqual(told, [HOUR])
  await own.advance(2_000)
  assert.equal(shared.now(), 999 * HOUR + 2_000)
  // As good as the same.
  shared.agree(999 * HOUR + 2_015)
  assert.equal(shared.now(), 999 * HOUR + 2_000)
  assert.deepEqual(told, [HOUR])
})

test('what a first answer that took long left open, a quick one settles, without a word', () => {
  const { shared, told } = clocks()
  // It was said at the very end of the way, or at its beginning: nobody knows.
  shared.agree(1_000 * HOUR - 800, 800)
  assert.equal(shared.now(), 1_000 * HOUR - 400)
  shared.agree(1_000 * HOUR - 200, 10)
  assert.equal(shared.now(), 1_000 * HOUR - 195)
  assert.deepEqual(told, [400])
})

test('a wall clock that is set while the process runs changes nothing', () => {
  const { own, shared, told } = clocks()
  shared.agree(1_000 * HOUR)
  own.setWall(1_001 * HOUR)
  assert.equal(shared.now(), 1_000 * HOUR)
  shared.agree(1_000 * HOUR)
  assert.deepEqual(told, [])
})

test('an answer that was long on its way corrects only what is surely wrong', async () => {
  const { own, shared } = clocks()
  shared.agree(1_000 * HOUR, 4)
  const right = () => 1_000 * HOUR + 2 + own.elapsed()
  await own.advance(60_000)
  // Asked a minute ago, said then, and read only now that the process goes on; or said only now.
  shared.agree(right() - 60_000, 60_000)
  assert.equal(shared.now(), right())
  shared.agree(right(), 60_000)
  assert.equal(shared.now(), right())
  // Whatever the way, this is wrong.
  shared.agree(right() + HOUR, 60_000)
  assert.equal(shared.now(), right() + HOUR + 30_000)
})

test('after a sleep of the machine, in which its elapsed time stood, the store is right', () => {
  const { shared } = clocks()
  shared.agree(1_000 * HOUR)
  shared.agree(1_002 * HOUR)
  assert.equal(shared.now(), 1_002 * HOUR)
})
