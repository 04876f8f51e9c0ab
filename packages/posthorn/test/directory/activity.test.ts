import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetId, TenantId } from '../../src/domain/ids.ts'
import type { Store } from '../../src/ports/store.ts'
import { openOffice, refusal, WANTED } from './support/office.ts'

type Office = Awaited<ReturnType<typeof openOffice>>

/** Stores one event with so many waiting deliveries for a target. */
async function wait(office: Office, targetId: TargetId, count: number, id = 'e1') {
  const now = office.clock.now()
  const common = { targetId, format: 'raw', dueAt: now, createdAt: now, replayId: null, lease: null } as const
  const deliveries = Array.from({ length: count }, (_, index) => ({
    ...common,
    id: `dlv_${id}-${String(index).padStart(6, '0')}` as const,
  }))
  const event = {
    ...{
      tenantId: office.tenant.id,
      sourceId: null,
      id,
      type: 'order.paid',
      contentType: 'application/json',
    },
    ...{ data: Buffer.from('{}'), contentHash: id, occurredAt: now, receivedAt: now },
    ...{ requestId: null, trace: null, dedupeUntil: null },
  }
  await office.store.events.insert([{ event, deliveries }])
}

const dueLanes = async ({ store, clock }: Office) =>
  (await store.lanes.due(clock.now(), 10)).map(({ targetId }) => targetId)

const states = async (office: Office, targetId: TargetId) => {
  const query = { tenantId: office.tenant.id, targetId, state: null, eventKey: null, eventType: null }
  const span = { since: null, until: null, before: null, limit: 5000 }
  const found = await office.store.deliveries.list({ ...query, ...span })
  return Object.fromEntries(
    [...Map.groupBy(found, ({ state }) => state)].map(([state, all]) => [state, all.length]),
  )
}

test('disabled: what waits is left alone and nothing new matches; enabled: both again', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions, directory } = office
  const { id } = (await subscriptions.create(tenant.id, WANTED)).subscription
  await wait(office, id, 2)
  assert.deepEqual(await dueLanes(office), [id])
  const off = await subscriptions.disable(tenant.id, id)
  assert.deepEqual([off.active, off.disabledReason], [false, 'user'])
  assert.deepEqual((await directory.tenantView(tenant.id)).match(null, 'order.paid'), [])
  assert.deepEqual(await states(office, id), { pending: 2 })
  const on = await subscriptions.enable(tenant.id, id)
  assert.deepEqual([on.active, on.disabledReason, on.failingSince], [true, null, null])
  assert.deepEqual(await dueLanes(office), [id])
  assert.equal((await directory.tenantView(tenant.id)).match(null, 'order.paid').length, 1)
})

test('a change of "active" is the same as enabling and disabling', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions } = office
  const { id } = (await subscriptions.create(tenant.id, WANTED)).subscription
  await wait(office, id, 1)
  assert.equal((await subscriptions.update(tenant.id, id, { active: false })).disabledReason, 'user')
  assert.equal((await subscriptions.update(tenant.id, id, { name: 'still off' })).active, false)
  assert.equal((await subscriptions.update(tenant.id, id, { active: true })).disabledReason, null)
})

test('any change ends a postponement: what waits for an open breaker may go to another URL at once', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions, store } = office
  const { id } = (await subscriptions.create(tenant.id, WANTED)).subscription
  await wait(office, id, 1)
  for (const patch of [{ url: 'https://example.com/new' }, { active: true }, { active: false }]) {
    await store.lanes.postpone([{ targetId: id, until: null }])
    assert.deepEqual(await dueLanes(office), [])
    await subscriptions.update(tenant.id, id, patch)
    assert.deepEqual(await dueLanes(office), [id])
  }
})

test('enabling again what was disabled as failing begins its run of failures anew', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions, store } = office
  const { id } = (await subscriptions.create(tenant.id, WANTED)).subscription
  const { record, version } = (await store.subscriptions.get(tenant.id, id)) ?? assert.fail()
  await store.subscriptions.update(
    { ...record, active: false, disabledReason: 'failing', failingSince: 5 },
    version,
  )
  const on = await subscriptions.enable(tenant.id, id)
  assert.deepEqual([on.active, on.disabledReason, on.failingSince], [true, null, null])
})

test('deleted: gone at once, what waited is cancelled in batches, the record of it stays', async () => {
  const batches: number[] = []
  const watched = (store: Store): Store => {
    const lanes = Object.assign(Object.create(store.lanes), {
      cancelWaiting: async (tenantId: TenantId, targetId: TargetId, at: number, limit: number) => {
        const count = await store.lanes.cancelWaiting(tenantId, targetId, at, limit)
        batches.push(count)
        return count
      },
    })
    return { ...store, lanes }
  }
  await using office = await openOffice(watched)
  const { tenant, subscriptions, directory } = office
  const { id } = (await subscriptions.create(tenant.id, WANTED)).subscription
  const other = (await subscriptions.create(tenant.id, WANTED)).subscription
  await wait(office, id, 2500)
  await wait(office, other.id, 1, 'e2')
  await subscriptions.delete(tenant.id, id)
  assert.deepEqual(batches, [1000, 1000, 500, 0])
  assert.deepEqual(await states(office, id), { cancelled: 2500 })
  assert.deepEqual(await states(office, other.id), { pending: 1 })
  await assert.rejects(subscriptions.get(tenant.id, id), refusal('not_found'))
  await assert.rejects(subscriptions.delete(tenant.id, id), refusal('not_found'))
  const matched = (await directory.tenantView(tenant.id)).match(null, 'order.paid')
  assert.deepEqual(
    matched.map(({ targetId }) => targetId),
    [other.id],
  )
})

test('a delete that breaks off can be repeated and leaves nothing waiting without a target', async () => {
  const fault = { left: 1 }
  const breaking = (store: Store): Store => {
    const lanes = Object.assign(Object.create(store.lanes), {
      cancelWaiting: async (...query: Parameters<typeof store.lanes.cancelWaiting>) => {
        if (fault.left-- > 0) throw new Error('disk full')
        return await store.lanes.cancelWaiting(...query)
      },
    })
    return { ...store, lanes }
  }
  await using office = await openOffice(breaking)
  const { tenant, subscriptions } = office
  const { id } = (await subscriptions.create(tenant.id, WANTED)).subscription
  await wait(office, id, 3)
  await assert.rejects(subscriptions.delete(tenant.id, id), /disk full/)
  assert.equal((await subscriptions.get(tenant.id, id)).active, false)
  await subscriptions.delete(tenant.id, id)
  assert.deepEqual(await states(office, id), { cancelled: 3 })
})
