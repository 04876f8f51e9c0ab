import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { Recorder } from '../../src/testing/recorder.ts'

const closed = (targetId: string) => ({ name: 'target.closed', targetId }) as const
const expired = (count: number) => ({ name: 'lease.expired', count }) as const

test('next gives what has happened already, each once, in order', async () => {
  const recorder = new Recorder()
  for (const id of ['a', 'b']) recorder.record(closed(id))
  assert.equal((await recorder.next('target.closed')).targetId, 'a')
  assert.equal((await recorder.next('target.closed')).targetId, 'b')
  const third = recorder.next('target.closed')
  recorder.record(expired(1))
  recorder.record(closed('c'))
  assert.equal((await third).targetId, 'c')
})

test('two that wait get one each, and a predicate leaves the others alone', async () => {
  const recorder = new Recorder()
  const waits = [recorder.next('lease.expired'), recorder.next('lease.expired', ({ count }) => count > 5)]
  for (const count of [1, 2, 9]) recorder.record(expired(count))
  assert.deepEqual(
    (await Promise.all(waits)).map(({ count }) => count),
    [1, 9],
  )
  assert.equal((await recorder.next('lease.expired')).count, 2)
})

test('atLeast waits for a number in all', async () => {
  const recorder = new Recorder()
  recorder.record(expired(1))
  const wait = recorder.atLeast(2, 'lease.expired')
  recorder.record(expired(2))
  assert.deepEqual(
    (await wait).map(({ count }) => count),
    [1, 2],
  )
  assert.equal(recorder.all('lease.expired', ({ count }) => count === 2).length, 1)
  recorder.clear()
  assert.deepEqual(recorder.all('lease.expired'), [])
})

test('a wait in vain ends and tells what happened instead', async () => {
  const clock = new FakeClock()
  const recorder = new Recorder({ clock, timeoutMs: 500 })
  recorder.record(closed('a'))
  const failed = assert.rejects(
    recorder.next('lease.expired'),
    /waited 500 ms for a "lease.expired" that fits\. What happened: target\.closed × 1\.[\s\S]*"targetId":"a"/,
  )
  await clock.advance(500)
  await failed
  assert.equal(clock.waiting, 0)
})
