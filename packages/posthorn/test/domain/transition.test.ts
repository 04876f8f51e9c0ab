import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DELIVERY_STATES, type Delivery } from '../../src/domain/delivery.ts'
import { ALLOWED_FROM, applyTransition, type Transition } from '../../src/domain/transition.ts'

const NEW: Delivery = {
  ...{ id: 'dlv_1', tenantId: 'ten_1', eventKey: 1, eventId: 'e', eventType: 't', targetId: 'sub_1' },
  ...{ format: 'standard', state: 'pending', dueAt: 0, attempts: 0, scheduleStart: 0, createdAt: 0 },
  ...{ leaseToken: 'token', leaseUntil: 9, finishedAt: null, lastStatusCode: null, lastError: null },
  replayId: null,
}

const at = fc.nat()
const statusCode = fc.constantFrom(null, 200, 410, 500)
const error = fc.constantFrom('failed', 'timeout')
const transition: fc.Arbitrary<Transition> = fc.oneof(
  fc.record({ to: fc.constant('delivered'), at, statusCode }),
  fc.record({ to: fc.constant('retry'), dueAt: at, statusCode, error }),
  fc.record({ to: fc.constant('dead'), at, statusCode, error }),
  fc.record({ to: fc.constant('handBack'), dueAt: at }),
  fc.record({ to: fc.constant('cancelled'), at }),
  fc.record({ to: fc.constant('revived'), dueAt: at }),
) as fc.Arbitrary<Transition>

/** What the CHECK constraints of the table `deliveries` say. */
function assertChecks(delivery: Delivery): void {
  const { state, leaseToken, leaseUntil, finishedAt, attempts, scheduleStart } = delivery
  assert.equal(leaseToken === null, leaseUntil === null, 'lease_is_whole')
  assert.ok(leaseToken === null || state === 'pending', 'lease_only_while_pending')
  assert.equal(finishedAt === null, state === 'pending', 'finished_unless_pending')
  assert.ok(attempts >= 0 && scheduleStart >= 0 && scheduleStart <= attempts, 'schedule_start')
}

test('any walk keeps the constraints, counts attempts as it should and never moves out of turn', () => {
  fc.assert(
    fc.property(fc.array(transition, { maxLength: 40 }), fc.array(fc.boolean()), (steps, leases) => {
      let delivery = NEW
      for (const [index, step] of steps.entries()) {
        if (!ALLOWED_FROM[step.to].includes(delivery.state)) {
          assert.throws(() => applyTransition(delivery, step), RangeError)
          continue
        }
        const before = delivery
        delivery = applyTransition(before, step)
        assertChecks(delivery)
        const counts = ['delivered', 'retry', 'dead'].includes(step.to)
        assert.equal(delivery.attempts, before.attempts + (counts ? 1 : 0))
        assert.equal(delivery.leaseToken, null)
        // Somebody may take the next lease.
        if (delivery.state === 'pending' && leases[index])
          delivery = { ...delivery, leaseToken: `t${index}`, leaseUntil: index }
      }
    }),
    { numRuns: 1000 },
  )
})

test('the table: from each state, which transitions there are and where they lead', () => {
  const samples: Record<Transition['to'], Transition> = {
    delivered: { to: 'delivered', at: 5, statusCode: 200 },
    retry: { to: 'retry', dueAt: 7, statusCode: 500, error: 'failed' },
    dead: { to: 'dead', at: 5, statusCode: 410, error: 'gone' },
    handBack: { to: 'handBack', dueAt: 7 },
    cancelled: { to: 'cancelled', at: 5 },
    dropped: { to: 'dropped', at: 5 },
    revived: { to: 'revived', dueAt: 7 },
  }
  const table = DELIVERY_STATES.map((state) => {
    const finishedAt = state === 'pending' ? null : 3
    const from = { ...NEW, state, finishedAt, leaseToken: null, leaseUntil: null }
    const reached = Object.values(samples).map((step) => {
      try {
        return `${step.to} ${applyTransition(from, step).state}`
      } catch {
        return null
      }
    })
    return [state, reached.filter((one) => one !== null).join(', ')]
  })
  assert.deepEqual(Object.fromEntries(table), {
    pending: 'delivered delivered, retry pending, dead dead, handBack pending, cancelled cancelled',
    delivered: 'revived pending',
    dead: 'dropped cancelled, revived pending',
    cancelled: 'revived pending',
  })
})

test('a success forgets the last error; a revival starts the schedule anew and keeps the count', () => {
  const failed = applyTransition(NEW, { to: 'dead', at: 5, statusCode: 500, error: 'failed' })
  assert.deepEqual([failed.lastStatusCode, failed.lastError, failed.finishedAt], [500, 'failed', 5])
  const revived = applyTransition(failed, { to: 'revived', dueAt: 8 })
  assert.deepEqual(
    [revived.attempts, revived.scheduleStart, revived.dueAt, revived.finishedAt],
    [1, 1, 8, null],
  )
  const done = applyTransition(revived, { to: 'delivered', at: 9, statusCode: 204 })
  assert.deepEqual([done.attempts, done.lastStatusCode, done.lastError], [2, 204, null])
})
