import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetId } from '../../src/domain/ids.ts'
import { Outbox, type Outgoing } from '../../src/queue/outbox.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

const A = 'sub_a' as TargetId

function outbox(given: { send?: () => Promise<void> } = {}) {
  const clock = new FakeClock(1_000_000)
  const batches: Array<readonly Outgoing[]> = []
  const failures: unknown[] = []
  const box = new Outbox({
    clock,
    send: async (batch) => {
      batches.push(batch)
      await given.send?.()
    },
    failed: (error, batch) => failures.push([error, batch]),
  })
  return { clock, batches, failures, box }
}

test('the first goes at once, together with the rest of its turn', async () => {
  const { clock, batches, box } = outbox()
  box.add([{ targetId: A, at: 0 }])
  box.add([{ targetId: A, at: clock.now() }])
  box.add([{ targetId: null, at: 0 }])
  await clock.settle()
  assert.deepEqual(batches, [
    [
      { targetId: A, at: clock.now(), now: true },
      { targetId: null, at: clock.now(), now: true },
    ],
  ])
})

test('what is due now is announced again and again, at most fifty times a second', async () => {
  const { clock, batches, box } = outbox()
  for (let ms = 0; ms < 1_000; ms += 1) {
    box.add([{ targetId: A, at: clock.now() }])
    await clock.advance(1)
  }
  assert.ok(batches.length >= 40 && batches.length <= 51, `${batches.length} batches`)
})

test('the last announcement is always followed by a batch', async () => {
  const { clock, batches, box } = outbox()
  box.add([{ targetId: A, at: 0 }])
  await clock.settle()
  box.add([{ targetId: A, at: 0 }])
  await clock.advance(20)
  assert.equal(batches.length, 2)
})

test('times are rounded up, and what was sent is not sent again within a second; then it is', async () => {
  const { clock, batches, box } = outbox()
  const at = clock.now() + 1_050
  for (let count = 0; count < 10; count += 1) {
    box.add([{ targetId: A, at: at + count }])
    await clock.advance(50)
  }
  assert.deepEqual(batches, [[{ targetId: A, at: clock.now() - 500 + 1_200, now: false }]])
  await clock.advance(500)
  box.add([{ targetId: A, at }])
  await clock.advance(0)
  assert.equal(batches.length, 2, 'the server may have forgotten it')
})

test('many lanes are some lane, many times are the next two minutes, and memory has an end', async () => {
  const { clock, batches, box } = outbox()
  for (let lane = 0; lane < 10_000; lane += 1)
    box.add([{ targetId: `sub_${lane}` as TargetId, at: clock.now() + lane * 100 }])
  await clock.settle()
  const sent = batches.flat()
  assert.ok(sent.length <= 1_000, `${sent.length} wake-ups`)
  assert.ok(new Set(sent.map(({ targetId }) => targetId)).size <= 33)
  assert.ok(Math.max(...sent.map(({ at }) => at)) <= clock.now() + 120_200)
})

test('one batch is under way at a time; meanwhile the next one gathers', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { clock, batches, box } = outbox({ send: () => promise })
  box.add([{ targetId: A, at: 0 }])
  await clock.advance(100)
  for (let count = 0; count < 100; count += 1) box.add([{ targetId: A, at: 0 }])
  await clock.advance(1_000)
  assert.equal(batches.length, 1)
  resolve()
  await clock.advance(20)
  assert.deepEqual([batches.length, batches[1]?.length], [2, 1])
})

test('a batch that fails is told with its error and forgotten; the next one goes', async () => {
  const { clock, batches, failures, box } = outbox({ send: () => Promise.reject(new Error('away')) })
  box.add([{ targetId: A, at: 0 }])
  await clock.advance(20)
  box.add([{ targetId: A, at: 0 }])
  await clock.advance(20)
  assert.equal(batches.length, 2)
  assert.deepEqual(
    failures,
    batches.map((batch) => [new Error('away'), batch]),
  )
})

test('after a stop nothing goes, and no timer is left', async () => {
  const { clock, batches, box } = outbox()
  box.add([{ targetId: A, at: 0 }])
  await clock.settle()
  box.add([{ targetId: A, at: 0 }])
  box.stop()
  box.add([{ targetId: A, at: 0 }])
  await clock.advance(1_000)
  assert.equal(batches.length, 1)
  assert.equal(clock.waiting, 0)
})
