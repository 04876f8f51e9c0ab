import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { makeId } from '../../src/domain/ids.ts'
import { systemClock, wakefulClock } from '../../src/system/clock.ts'
import { SystemRandom } from '../../src/system/random.ts'

test('timers run after their delay by the steady clock, and cancelled ones do not', async () => {
  const start = wakefulClock.elapsed()
  const cancelled = wakefulClock.after(0, () => assert.fail('a cancelled timer ran'))
  cancelled.cancel()
  await new Promise<void>((resolve) => wakefulClock.after(5, resolve))
  assert.ok(wakefulClock.elapsed() - start >= 4)
})

test('a wait beyond the longest timer of Node does not run at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let ran = 0
  const longest = 2 ** 31 - 1
  systemClock.after(2 * longest + 1000, () => (ran += 1))
  for (const wait of [longest, longest, 999]) t.mock.timers.tick(wait)
  assert.equal(ran, 0)
  t.mock.timers.tick(1)
  assert.equal(ran, 1)
})

test('timers do not keep a process alive, the next turn does', () => {
  const url = new URL('../../src/system/clock.ts', import.meta.url)
  const code = `import { systemClock } from ${JSON.stringify(url.href)}
    systemClock.after(600_000, () => console.log('late'))
    systemClock.nextTurn(() => console.log('turn'))`
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { timeout: 60_000 })
  assert.equal(run.stdout.toString(), 'turn\n', run.stderr.toString())
  assert.equal(run.status, 0)
})

test('chance: no repeats over many pools, and what was given is never written again', () => {
  const random = new SystemRandom()
  const given = Array.from({ length: 5000 }, () => random.bytes(10))
  const texts = given.map((bytes) => Buffer.from(bytes).toString('hex'))
  assert.equal(new Set(texts).size, 5000)
  random.bytes(4000)
  assert.deepEqual(
    given.map((bytes) => Buffer.from(bytes).toString('hex')),
    texts,
  )
  assert.ok(
    given.every((bytes) => bytes.buffer.byteLength === 10),
    'a view of the pool would show other secrets',
  )
  for (const count of [0, 1, 4095, 4096, 4097, 100_000]) assert.equal(random.bytes(count).length, count)
})

test('units are in [0, 1) and spread; ids sort by time', () => {
  const random = new SystemRandom()
  const units = Array.from({ length: 10_000 }, () => random.unit())
  assert.ok(units.every((unit) => unit >= 0 && unit < 1))
  assert.ok(Math.abs(units.reduce((sum, unit) => sum + unit, 0) / 10_000 - 0.5) < 0.03)
  const ids = [1, 2, 3].map((ms) => makeId('evt', 1_700_000_000_000 + ms, random.bytes(10)))
  assert.deepEqual(ids.toSorted(), ids)
})
