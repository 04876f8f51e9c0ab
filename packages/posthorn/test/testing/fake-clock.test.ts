import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { SeededRandom } from '../../src/testing/seeded-random.ts'

test('timers run in the order of their time, those of one time in the order of their making', async () => {
  const clock = new FakeClock(1000)
  const ran: string[] = []
  for (const [name, delay] of [
    ['c', 30],
    ['a', 10],
    ['b1', 20],
    ['b2', 20],
    ['late', 31],
  ] as const)
    clock.after(delay, () => ran.push(`${name}@${clock.now()}`))
  await clock.advance(30)
  assert.deepEqual(ran, ['a@1010', 'b1@1020', 'b2@1020', 'c@1030'])
  assert.equal(clock.now(), 1030)
  assert.equal(clock.elapsed(), 30)
  assert.equal(clock.waiting, 1)
  assert.equal(clock.nextIn, 1)
})

test('a timer made by a timer, after promises and turns, still runs in the same advance', async () => {
  const clock = new FakeClock(0)
  const ran: number[] = []
  clock.after(10, async () => {
    await Promise.resolve()
    await new Promise<void>((resolve) => clock.nextTurn(resolve))
    clock.after(5, () => ran.push(clock.now()))
  })
  await clock.advance(15)
  assert.deepEqual(ran, [15])
})

test('a cancelled timer does not run, also when another timer of the same time cancels it', async () => {
  const clock = new FakeClock()
  let ran = 0
  clock.after(1, () => second.cancel())
  const second = clock.after(1, () => (ran += 1))
  const third = clock.after(2, () => (ran += 1))
  third.cancel()
  await clock.advance(10)
  assert.equal(ran, 0)
  assert.equal(clock.waiting, 0)
})

test('setting the wall clock moves neither durations nor timers', async () => {
  const clock = new FakeClock(1_000_000)
  let at = -1
  clock.after(10, () => (at = clock.elapsed()))
  clock.setWall(5)
  await clock.advance(10)
  assert.equal(at, 10)
  assert.equal(clock.now(), 15)
})

test('advance refuses to overlap', async () => {
  const clock = new FakeClock()
  const first = clock.advance(1)
  await assert.rejects(clock.advance(1), /earlier advance still runs/)
  await first
})

test('the same seed gives the same chance, another seed another', () => {
  const [a, b, c] = [new SeededRandom(5), new SeededRandom(5), new SeededRandom(6)]
  assert.deepEqual(a.bytes(32), b.bytes(32))
  assert.notDeepEqual(a.bytes(32), c.bytes(32))
  const units = Array.from({ length: 10_000 }, () => a.unit())
  assert.ok(units.every((unit) => unit >= 0 && unit < 1))
  const mean = units.reduce((sum, unit) => sum + unit, 0) / units.length
  assert.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`)
})
