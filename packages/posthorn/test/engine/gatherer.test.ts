import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosthornError } from '../../src/domain/error.ts'
import { Gatherer } from '../../src/engine/gatherer.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

/** Writes numbers and answers ten times each; every write waits until it is let go. */
function gatherer(limits: { maxBatch?: number; maxWaiting?: number; weigh?: (item: number) => number } = {}) {
  const clock = new FakeClock()
  const batches: number[][] = []
  const holds: Array<() => void> = []
  const fail = new Map<number, Error>()
  let held = false
  const made = new Gatherer<number, number>({
    ...{ clock, maxBatch: 100, maxWaiting: 1000, ...limits },
    write: async (items) => {
      batches.push(items)
      if (held) await new Promise<void>((resolve) => holds.push(resolve))
      for (const item of items) {
        const error = fail.get(item)
        if (error !== undefined) throw error
      }
      return items.map((item) => item * 10)
    },
  })
  const hold = () => {
    held = true
  }
  const release = () => {
    held = false
    for (const go of holds.splice(0)) go()
  }
  return { gatherer: made, clock, batches, fail, hold, release }
}

test('callers of one turn share a write, and each gets its own answer', async () => {
  const { gatherer: numbers, batches } = gatherer()
  const answers = await Promise.all([1, 2, 3].map((number) => numbers.add(number)))
  assert.deepEqual(answers, [10, 20, 30])
  assert.deepEqual(batches, [[1, 2, 3]])
})

test('while one write runs the next batch forms; no batch is larger than it may be', async () => {
  const { gatherer: numbers, clock, batches, hold, release } = gatherer({ maxBatch: 3 })
  hold()
  const first = numbers.add(0)
  await clock.settle()
  const others = [1, 2, 3, 4].map((number) => numbers.add(number))
  await clock.settle()
  assert.deepEqual(batches, [[0]], 'one write at a time')
  release()
  assert.deepEqual(await Promise.all([first, ...others]), [0, 10, 20, 30, 40])
  assert.deepEqual(batches, [[0], [1, 2, 3], [4]])
})

test('more than may wait is refused at once, and those that wait are not disturbed', async () => {
  const { gatherer: numbers, clock, hold, release } = gatherer({ maxWaiting: 2 })
  hold()
  const first = numbers.add(1)
  await clock.settle()
  const waiting = [numbers.add(2), numbers.add(3)]
  await assert.rejects(numbers.add(4), { code: 'store_unavailable', retryAfterS: 1 })
  release()
  assert.deepEqual(await Promise.all([first, ...waiting]), [10, 20, 30])
})

test('where items have a weight, batches and what waits are bounded by it; one that is too heavy goes alone', async () => {
  const {
    gatherer: numbers,
    clock,
    batches,
    hold,
    release,
  } = gatherer({
    ...{ maxBatch: 5, maxWaiting: 12 },
    weigh: (item) => item,
  })
  hold()
  const first = numbers.add(1)
  await clock.settle()
  const waiting = [2, 3, 1, 9].map((number) => numbers.add(number))
  await assert.rejects(numbers.add(1), { code: 'store_unavailable' })
  release()
  assert.deepEqual(await Promise.all([first, ...waiting]), [10, 20, 30, 10, 90])
  assert.deepEqual(batches, [[1], [2, 3], [1], [9]])
  assert.equal(await numbers.add(1), 10)
})

test('what cannot be written fails alone; when the store is away nobody is asked for twice', async () => {
  const { gatherer: numbers, batches, fail } = gatherer()
  fail.set(2, new Error('a bad row'))
  const results = await Promise.allSettled([1, 2, 3].map((number) => numbers.add(number)))
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(batches, [[1, 2, 3], [1], [2], [3]])
  fail.set(2, new PosthornError('store_unavailable', 'The disk is away.'))
  batches.length = 0
  const away = await Promise.allSettled([1, 2, 3].map((number) => numbers.add(number)))
  assert.ok(away.every(({ status }) => status === 'rejected'))
  assert.deepEqual(batches, [[1, 2, 3]])
})

test('drained resolves when nothing waits and nothing is written, also after a failure', async () => {
  const { gatherer: numbers, clock, hold, release, fail } = gatherer()
  await numbers.drained()
  hold()
  fail.set(1, new Error('no'))
  const failing = assert.rejects(numbers.add(1), /no/)
  let drained = false
  const waiting = numbers.drained().then(() => {
    drained = true
  })
  await clock.settle()
  assert.equal(drained, false)
  release()
  await failing
  await waiting
  assert.equal(await numbers.add(5), 50)
})
