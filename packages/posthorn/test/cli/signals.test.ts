import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StopSignals } from '../../src/cli/signals.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { FakeProcess } from './support/context.ts'

test('nobody listens before the command says so', () => {
  const fake = new FakeProcess()
  const signals = new StopSignals(fake, new FakeClock())
  assert.equal(fake.signal('SIGINT'), false)
  assert.equal(signals.came, false)
})

test('the first signal asks, its echo is ignored, a later one ends the process as if nobody had listened', async () => {
  const [fake, clock] = [new FakeProcess(), new FakeClock()]
  const signals = new StopSignals(fake, clock)
  const stop = signals.listen()
  assert.equal(signals.listen(), stop)
  fake.signal('SIGINT')
  assert.equal(stop.aborted, true)
  assert.equal(stop.reason, 'SIGINT')
  await clock.advance(500)
  fake.signal('SIGINT')
  assert.deepEqual(fake.killed, [])
  await clock.advance(500)
  fake.signal('SIGTERM')
  assert.deepEqual(fake.killed, ['SIGTERM'])
  assert.equal(fake.signal('SIGTERM'), false)
})
