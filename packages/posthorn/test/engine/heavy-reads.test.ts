import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeavyReads } from '../../src/engine/insight/heavy-reads.ts'

/** Reads that end when they are told to. */
class Reads {
  readonly begun: string[] = []
  readonly #ends: Array<() => void> = []

  read(name: string): () => Promise<string> {
    return () =>
      new Promise((resolve) => {
        this.begun.push(name)
        this.#ends.push(() => resolve(name))
      })
  }

  async endOne(): Promise<void> {
    // Turns are given on by some rounds of the microtask queue.
    await new Promise((resolve) => setImmediate(resolve))
    this.#ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('two at once, whoever asks; who asks often holds up nobody but itself', async () => {
  const heavy = new HeavyReads()
  const reads = new Reads()
  const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'a5'].map((name) =>
    heavy.run(`ten_${name[0]}`, reads.read(name)),
  )
  await Promise.resolve()
  assert.deepEqual(reads.begun, ['a1', 'a2'])
  for (let count = 0; count < 7; count += 1) await reads.endOne()
  assert.deepEqual(reads.begun, ['a1', 'a2', 'b1', 'a3', 'c1', 'a4', 'a5'])
  assert.deepEqual(await Promise.all(all), ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'a5'])
})

test('of one tenant eight are under way; those that fail give their place back', async () => {
  const heavy = new HeavyReads()
  const reads = new Reads()
  const eight = Array.from({ length: 8 }, (_, count) => heavy.run('ten_a', reads.read(`a${count}`)))
  await assert.rejects(heavy.run('ten_a', reads.read('a8')), { code: 'rate_limited', retryAfterS: 1 })
  const other = heavy.run('ten_b', () => Promise.reject(new Error('gone')))
  const told = assert.rejects(other, /gone/)
  for (let count = 0; count < 8; count += 1) await reads.endOne()
  await Promise.all([...eight, told])
  assert.equal(await heavy.run('ten_a', async () => 'again'), 'again')
})

test('the same question is asked once while it is under way', async () => {
  const heavy = new HeavyReads()
  const reads = new Reads()
  const same = Array.from({ length: 50 }, () => heavy.share('ten_a', 'overview', reads.read('a')))
  const other = heavy.share('ten_b', 'overview', reads.read('b'))
  await Promise.resolve()
  assert.deepEqual(reads.begun, ['a', 'b'])
  await reads.endOne()
  assert.deepEqual(new Set(await Promise.all(same)), new Set(['a']))
  await reads.endOne()
  assert.equal(await other, 'b')
  const again = heavy.share('ten_a', 'overview', reads.read('a'))
  await reads.endOne()
  assert.equal(await again, 'a')
})
