import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Intake } from '../../src/engine/intake.ts'
import type { Happening } from '../../src/ports/telemetry.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

function intakeOf(maxBytes: number) {
  const told: Happening[] = []
  const clock = new FakeClock()
  const telemetry = { record: (happening: Happening) => void told.push(happening) }
  return { intake: new Intake({ maxBytes, clock, telemetry }), told, clock }
}

test('requests are let in until their bytes together are too many, and again when some have ended', () => {
  const { intake } = intakeOf(100)
  const [first, second] = [intake.open(), intake.open()]
  assert.ok(first.take(60))
  assert.ok(second.take(40))
  assert.equal(second.take(1), false)
  assert.equal(intake.bytes, 100)
  first.end()
  first.end()
  assert.equal(intake.bytes, 40)
  assert.ok(second.take(60))
  second.end()
  assert.equal(intake.bytes, 0)
})

test('one alone is always let in, whatever its size, and keeps out all others with a body', () => {
  const { intake } = intakeOf(100)
  const [large, small, empty] = [intake.open(), intake.open(), intake.open()]
  assert.ok(large.take(90))
  assert.ok(large.take(90))
  assert.equal(small.take(1), false)
  assert.ok(empty.take(0))
  large.end()
  assert.ok(small.take(1))
})

test('each refusal is counted; once a minute one is loud enough for the log', async () => {
  const { intake, told, clock } = intakeOf(10)
  assert.ok(intake.open().take(10))
  const refuse = () => assert.equal(intake.open().take(1), false)
  refuse()
  refuse()
  await clock.advance(60_000)
  refuse()
  const refused = { name: 'intake.refused', bytes: 10 }
  assert.deepEqual(told, [
    { ...refused, loud: true },
    { ...refused, loud: false },
    { ...refused, loud: true },
  ])
})
