import type { Bulk } from '../../../src/domain/bulk.ts'
import type { DeliveryId } from '../../../src/domain/ids.ts'
import { Inbound } from '../../../src/testing/store-conformance/inbound.ts'
import { DELIVERED, NOW, type World } from '../../../src/testing/store-conformance/world.ts'

/** Every method once, lists with each kind of filter. */
export async function useEverything(world: World): Promise<void> {
  const { store, tenantId, targetId } = world
  const leased = world.leased()
  const eventKey = await world.publish({}, leased, world.delivery())
  await store.events.insert([world.newEvent({ id: 'twice' }), world.newEvent({ id: 'twice' })])
  await store.events.get(tenantId, null, 'twice')
  await store.events.byKeys(tenantId, [eventKey], 'listed')
  for (const eventType of [null, 'user.created', 'user.*'])
    for (const time of [null, NOW])
      for (const before of [null, 99])
        await store.events.list(world.eventQuery({ eventType, since: time, until: time, before }))
  await store.events.list(world.eventQuery({ sourceId: null }))
  await store.deliveries.add(eventKey, tenantId, [world.delivery()])
  for (const state of [null, 'pending', 'delivered', 'dead', 'cancelled'] as const)
    for (const target of [null, targetId])
      for (const event of [null, eventKey])
        for (const time of [null, NOW])
          await store.deliveries.list(
            world.deliveryQuery({
              state,
              targetId: target,
              eventKey: event,
              since: time,
              until: time,
              before: time === null ? null : world.id('dlv'),
              eventType: time === null ? null : 'user.*',
            }),
          )
  await store.deliveries.attempts(tenantId, leased.id)
  await store.deliveries.standing(tenantId, 10)
  await store.deliveries.failingSince({ tenantId, targetId, since: 0 })
  await store.deliveries.lastFailure({ tenantId, targetId, since: 0 })
  await store.deliveries.deadLetters(tenantId, 10)
  await store.deliveries.list(world.deliveryQuery({ state: 'dead', cause: 'timeout' }))
  for (const bytes of [Buffer.from('x'), new Uint8Array(0)])
    for (const time of [null, NOW])
      await store.events.search(world.eventQuery({ since: time, before: time }), bytes)
  await useBulks(world, leased.id)
  await useAlerts(world)
  await store.deliveries.stats({ tenantId, targetId, since: 0, until: NOW })
  await store.lanes.due(NOW, 10)
  await store.lanes.claim({ now: NOW, lanes: [{ targetId, limit: 1 }], leaseToken: 'a', leaseUntil: NOW })
  await store.lanes.postpone([{ targetId, until: null }])
  await store.lanes.resume(targetId)
  await store.lanes.nextDueAt()
  await store.deliveries.finish([world.finish(leased, DELIVERED)])
  await store.lanes.expireLeases(NOW, 10)
  const id = leased.id
  const revived = { to: 'revived', dueAt: NOW } as const
  await store.deliveries.change({ tenantId, id, from: ['delivered'], transition: revived, now: NOW })
  await store.lanes.cancelWaiting(tenantId, targetId, NOW, 10)
  await store.replays.running()
  const replay = { id: 'rpl_1', tenantId, subscriptionId: 'sub_1', since: 0, until: NOW * 2, cursor: 0 }
  const whole = {
    ...replay,
    states: null,
    eventTypes: null,
    state: 'running',
    created: 0,
    scanned: 0,
  } as const
  const running = { ...whole, createdAt: NOW, finishedAt: null } as Parameters<typeof store.replays.scan>[0]
  await store.replays.insert(running)
  await store.replays.scan(running, 10)
  await store.replays.advance({ ...running, cursor: eventKey }, 0, [{ eventKey, delivery: world.delivery() }])
  for (const tenant of [null, tenantId]) {
    await store.tenants.get(tenant, 'ten_1')
    await store.tenants.getByName(tenant, 'a')
    await store.tenants.list({ tenantId: tenant, before: null, limit: 10 })
    await store.tenants.delete(tenant, 'ten_1')
  }
  await useInbound(new Inbound(world))
  await store.upkeep.ping()
  await store.upkeep.counts()
  await store.upkeep.prune({ before: NOW + 1, now: NOW, limit: 10 })
  await store.upkeep.prune({ before: NOW * 2, now: NOW * 2, limit: 10 })
}

async function useBulks(world: World, deliveryId: DeliveryId): Promise<void> {
  const { store, tenantId } = world
  const bulk: Bulk = {
    ...{ id: world.id('blk'), tenantId, action: 'drop', ids: [deliveryId], filter: null, state: 'running' },
    ...{ matched: 1, done: 0, changed: 0, cursor: null, createdAt: NOW, finishedAt: null },
  }
  await store.bulks.insert(bulk)
  await store.bulks.running()
  const transition = { to: 'dropped', at: NOW } as const
  const change = { tenantId, id: deliveryId, from: ['dead'] as const, transition, now: NOW }
  await store.bulks.advance({ ...bulk, done: 1 }, 0, [change])
  await store.bulks.items(bulk.id, null, 10)
  await store.bulks.prune(NOW * 2, 10)
  const count = { events: 1, delivered: 0, failed: 0, latency: {}, types: {}, failing: {} }
  await store.minutes.put([{ tenantId, minute: 1, runId: 'a', count }])
  await store.minutes.list(tenantId, 0, 9)
  await store.minutes.prune(9, 10)
}

async function useInbound(inbound: Inbound): Promise<void> {
  const { store } = inbound.world
  for (const onDuplicate of ['skip', 'deliver'] as const) {
    const items = [inbound.event('one'), inbound.event('two')]
    const { id } = await inbound.receive(items, { onceToken: onDuplicate, onDuplicate })
    await inbound.get(id)
  }
  await store.upkeep.prune({ before: NOW + 1, now: NOW, limit: 10 })
  await inbound.receive([inbound.event('one')], { onDuplicate: 'deliver' })
  await store.requests.note([inbound.request({ verdict: 'refused' })], 1)
  const { tenantId, sourceId } = inbound
  await store.requests.noteUses([
    { tenantId, sourceId, secret: 'a', usedAt: NOW },
    { tenantId, sourceId, secret: 'b', usedAt: NOW },
  ])
  await store.requests.uses(tenantId, [sourceId])
  await store.requests.forgetUses(tenantId, sourceId, ['a'])
  for (const verdict of [undefined, 'accepted', 'refused', 'handshake'] as const)
    for (const before of [undefined, inbound.world.id('req')])
      await inbound.listed({ ...(verdict && { verdict }), ...(before && { before }) })
  for (const tenantId of [null, inbound.tenantId]) {
    await store.sources.get(tenantId, inbound.sourceId)
    await store.sources.getByName(tenantId, 'shop')
    await store.sources.list({ tenantId, before: null, limit: 10 })
  }
}

async function useAlerts({ store, tenantId, targetId }: World): Promise<void> {
  const { alerts } = store
  await alerts.live()
  for (const tenant of [null, tenantId]) {
    await alerts.find({ tenantId: tenant, state: 'open', before: null, limit: 9 })
    await alerts.find({ tenantId: tenant, state: null, before: null, limit: 9 })
    for (const subscriptionId of [null, targetId])
      for (const what of ['attempts', 'dead', 'oldestDue', 'lastEvent', 'refused'] as const)
        await alerts.measure({ of: what, tenantId: tenant, subscriptionId, sourceId: 'src_1', since: NOW })
  }
  await alerts.prune(NOW, 9)
  await alerts.troubled(9)
}
