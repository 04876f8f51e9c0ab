import assert from 'node:assert/strict'
import type { Delivery } from '../../domain/delivery.ts'
import { applyTransition, type Transition } from '../../domain/transition.ts'
import { type Case, DELIVERED, LEASE_MS, NOW } from './world.ts'

const TRANSITIONS: readonly Transition[] = [
  DELIVERED,
  { to: 'delivered', at: NOW, statusCode: null },
  { to: 'retry', dueAt: NOW + 5000, statusCode: 503, error: 'failed' },
  { to: 'retry', dueAt: NOW - 5000, statusCode: null, error: 'timeout' },
  { to: 'dead', at: NOW + 1, statusCode: 410, error: 'gone' },
  { to: 'handBack', dueAt: NOW + 7 },
  { to: 'cancelled', at: NOW + 3 },
]

export const FINISH_CASES: readonly Case[] = [
  {
    name: 'a new delivery is pending, with its event, and with its lease if it was given one',
    async run(world) {
      const [waiting, leased] = [world.delivery({ replayId: world.id('rpl') }), world.leased()]
      const event = world.event()
      const eventKey = await world.publish(event, waiting, leased)
      const { lease: _none, ...rest } = waiting
      assert.deepEqual(await world.store.deliveries.get(world.tenantId, waiting.id), {
        ...rest,
        tenantId: world.tenantId,
        eventKey,
        eventId: event.id,
        eventType: event.type,
        state: 'pending',
        attempts: 0,
        scheduleStart: 0,
        leaseToken: null,
        leaseUntil: null,
        finishedAt: null,
        lastStatusCode: null,
        lastError: null,
      })
      const held = await world.store.deliveries.get(world.tenantId, leased.id)
      assert.deepEqual([held?.leaseToken, held?.leaseUntil], ['first', NOW + LEASE_MS])
      assert.equal(await world.store.deliveries.get(world.id('ten'), leased.id), null)
    },
  },
  {
    name: 'each end of a lease does what its transition says',
    async run(world) {
      for (const transition of TRANSITIONS) {
        const delivery = world.leased()
        await world.publish({}, delivery)
        const before = (await world.store.deliveries.get(world.tenantId, delivery.id)) as Delivery
        assert.deepEqual(await world.store.deliveries.finish([world.finish(delivery, transition)]), [true])
        const after = await world.store.deliveries.get(world.tenantId, delivery.id)
        assert.deepEqual(after, applyTransition(before, transition))
      }
    },
  },
  {
    name: 'an attempt comes back as it was recorded, oldest first, only to its tenant',
    async run(world) {
      const delivery = world.leased()
      await world.publish({}, delivery)
      const first = world.attempt(delivery.id, {
        outcome: 'retry',
        statusCode: null,
        errorCode: 'timeout',
        errorDetail: 'after 10 s',
        durationMs: 10_000.25,
        responseBody: new Uint8Array(16 * 1024).fill(7),
        responseTruncated: true,
        exchange: 'https://example.com/?a="b"\\,{}\nx-own?\nwebhook-signature:v1,é==\n\ndate:now',
      })
      const retry: Transition = { to: 'retry', dueAt: NOW, statusCode: null, error: 'timeout' }
      await world.store.deliveries.finish([world.finish(delivery, retry, { attempt: first })])
      await world.claim([{ targetId: world.targetId, limit: 1 }])
      const second = world.attempt(delivery.id, { number: 2, startedAt: NOW + 9 })
      await world.store.deliveries.finish([
        world.finish(delivery, DELIVERED, { leaseToken: 'claimed', attempt: second }),
      ])
      assert.deepEqual(await world.store.deliveries.attempts(world.tenantId, delivery.id), [first, second])
      assert.deepEqual(await world.store.deliveries.attempts(world.id('ten'), delivery.id), [])
      assert.equal((await world.store.deliveries.get(world.tenantId, delivery.id))?.attempts, 2)
    },
  },
  {
    name: 'a token that no longer fits writes nothing, and the others of the batch stand',
    async run(world) {
      const [good, foreign, waiting, twice] = [
        world.leased(),
        world.leased(),
        world.delivery({ dueAt: NOW + 999 }),
        world.leased(),
      ]
      await world.publish({}, good, foreign, waiting, twice)
      const fitted = await world.store.deliveries.finish([
        world.finish(foreign, DELIVERED, { leaseToken: 'second' }),
        world.finish(good, DELIVERED),
        world.finish(waiting, DELIVERED),
        world.finish(twice, { to: 'dead', at: NOW, statusCode: 500, error: 'failed' }),
        world.finish(twice, DELIVERED),
        world.finish({ id: world.id('dlv') }, DELIVERED),
      ])
      assert.deepEqual(fitted, [false, true, false, true, false, false])
      for (const { id } of [foreign, waiting]) {
        assert.equal((await world.store.deliveries.get(world.tenantId, id))?.state, 'pending')
        assert.deepEqual(await world.store.deliveries.attempts(world.tenantId, id), [])
      }
      assert.equal((await world.store.deliveries.get(world.tenantId, twice.id))?.state, 'dead')
      assert.equal((await world.store.deliveries.attempts(world.tenantId, twice.id)).length, 1)
    },
  },
  {
    name: 'nothing is attempted after a success: a sleeper that wakes up late changes nothing',
    async run(world) {
      const delivery = world.leased()
      await world.publish({}, delivery)
      await world.store.lanes.expireLeases(NOW + LEASE_MS, 10)
      await world.claim([{ targetId: world.targetId, limit: 1 }], { now: NOW + LEASE_MS, token: 'second' })
      const success = world.finish(delivery, DELIVERED, { leaseToken: 'second' })
      assert.deepEqual(await world.store.deliveries.finish([success]), [true])
      const late = world.finish(delivery, { to: 'retry', dueAt: NOW, statusCode: 500, error: 'failed' })
      assert.deepEqual(await world.store.deliveries.finish([late]), [false])
      assert.equal((await world.store.deliveries.get(world.tenantId, delivery.id))?.state, 'delivered')
      assert.equal(await world.store.lanes.nextDueAt(), null)
    },
  },
  {
    name: 'handing back without an attempt leaves no trace but the new time',
    async run(world) {
      const delivery = world.leased()
      await world.publish({}, delivery)
      const handBack = world.finish(delivery, { to: 'handBack', dueAt: NOW + 3 }, { attempt: null })
      assert.deepEqual(await world.store.deliveries.finish([handBack]), [true])
      const after = await world.store.deliveries.get(world.tenantId, delivery.id)
      assert.deepEqual([after?.attempts, after?.dueAt, after?.leaseToken], [0, NOW + 3, null])
      assert.deepEqual(await world.store.deliveries.attempts(world.tenantId, delivery.id), [])
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 3)
    },
  },
]
