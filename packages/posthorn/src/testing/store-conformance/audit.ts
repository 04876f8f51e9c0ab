import assert from 'node:assert/strict'
import type { AuditEntry } from '../../domain/audit.ts'
import { type AuditId, lowestId } from '../../domain/ids.ts'
import type { AuditQuery } from '../../ports/audit-store.ts'
import type { HandChange } from '../../ports/store.ts'
import { apiKey, subscription } from './records.ts'
import { allPages, type Case, NOW, type World } from './world.ts'

const ALL: AuditQuery = {
  tenantId: null,
  action: null,
  actor: null,
  objectId: null,
  since: null,
  until: null,
  before: null,
  limit: 100,
}

function entry(world: World, changes: Partial<AuditEntry> = {}): AuditEntry {
  const at = changes.at ?? NOW
  return {
    id: world.id('aud', at),
    at,
    tenantId: world.tenantId,
    actor: { kind: 'key', keyId: world.id('key'), name: 'ops' },
    action: 'subscription.updated',
    object: { kind: 'subscription', id: world.id('sub'), name: 'CRM' },
    changes: { url: { from: 'a', to: 'b\u0000\ud800' } },
    requestId: null,
    address: '203.0.113.7',
    ...changes,
  }
}

const idsOf = (entries: readonly AuditEntry[]) => entries.map(({ id }) => id)

export const AUDIT_CASES: readonly Case[] = [
  {
    name: 'audit: entries come back as they were, newest first, page by page',
    async run(world) {
      const { audit } = world.store
      const made = [NOW + 1, NOW + 3, NOW + 2, NOW + 4, NOW].map((at) => entry(world, { at }))
      await audit.append(made)
      await audit.append([])
      const newestFirst = made.toSorted((a, b) => b.at - a.at)
      assert.deepEqual(await audit.list(ALL), newestFirst)
      const paged = await allPages<AuditEntry>((last) =>
        audit.list({ ...ALL, limit: 2, before: (last?.id ?? null) as AuditId | null }),
      )
      assert.deepEqual(idsOf(paged), idsOf(newestFirst))
    },
  },
  {
    name: 'audit: lists are of one tenant, action, actor, object and span',
    async run(world) {
      const { audit } = world.store
      const one = entry(world, { action: 'key.created', actor: { kind: 'system', keyId: null, name: '' } })
      const two = entry(world, { at: NOW + 1_000, action: 'subscription.created' })
      const three = entry(world, { at: NOW + 2_000, tenantId: null, action: 'subscription_x.created' })
      await audit.append([one, two, three])
      const found = async (query: Partial<AuditQuery>) => idsOf(await audit.list({ ...ALL, ...query }))
      assert.deepEqual(await found({ tenantId: world.tenantId }), [two.id, one.id])
      assert.deepEqual(await found({ tenantId: world.id('ten') }), [])
      assert.deepEqual(await found({ action: 'subscription.*' }), [two.id])
      assert.deepEqual(await found({ action: 'key.created' }), [one.id])
      assert.deepEqual(await found({ actor: 'system' }), [one.id])
      assert.deepEqual(await found({ actor: two.actor.keyId }), [two.id])
      assert.deepEqual(await found({ objectId: three.object.id }), [three.id])
      assert.deepEqual(await found({ objectId: 'nothing\0\ud800' }), [])
      assert.deepEqual(await found({ since: NOW + 1_000, until: NOW + 2_000 }), [two.id])
      assert.deepEqual(await found({ since: NOW + 1_001 }), [three.id])
    },
  },
  {
    name: 'audit: an entry is stored with the change of a record, and only if that is made',
    async run(world) {
      const { audit, subscriptions, keys } = world.store
      const first = subscription(world)
      const entries = Array.from({ length: 9 }, (_, index) => entry(world, { at: NOW + index }))
      const at = (index: number) => entries[index] as AuditEntry
      assert.equal(await subscriptions.insert(first, at(0)), true)
      assert.equal(await subscriptions.insert(first, at(1)), false)
      assert.equal(await subscriptions.update({ ...first, name: 'new' }, 2, at(2)), false)
      assert.equal(await subscriptions.update({ ...first, name: 'new' }, 1, at(3)), true)
      assert.equal(await subscriptions.delete(world.id('ten'), first.id, at(4)), false)
      assert.equal(await subscriptions.delete(world.tenantId, first.id, at(5)), true)
      const [key, other] = [apiKey(world), apiKey(world)]
      await keys.insert(key)
      await keys.insert(other)
      await assert.rejects(keys.update({ ...other, hash: key.hash }, 1, at(6)))
      assert.deepEqual(idsOf(await audit.list(ALL)), [at(5).id, at(3).id, at(0).id])
    },
  },
  {
    name: 'audit: an entry is stored with a change of a delivery by hand, and only if that is made',
    async run(world) {
      const { audit, deliveries } = world.store
      const delivery = world.delivery()
      await world.publish({}, delivery)
      const cancel: HandChange = {
        ...{ tenantId: world.tenantId, id: delivery.id, from: ['pending'], now: NOW },
        transition: { to: 'cancelled', at: NOW },
      }
      const [first, second] = [entry(world), entry(world, { at: NOW + 1 })]
      assert.equal((await deliveries.change({ ...cancel, audit: first }))?.changed, true)
      assert.equal((await deliveries.change({ ...cancel, audit: second }))?.changed, false)
      assert.deepEqual(idsOf(await audit.list(ALL)), [first.id])
    },
  },
  {
    name: 'audit: the oldest entries leave, as many as asked for',
    async run(world) {
      const { audit } = world.store
      const made = [0, 1, 2, 3].map((after) => entry(world, { at: NOW + after }))
      await audit.append(made)
      assert.equal(await audit.prune(NOW + 3, 2), 2)
      assert.deepEqual(idsOf(await audit.list(ALL)), idsOf([made[3], made[2]] as AuditEntry[]))
      assert.equal(await audit.prune(NOW + 3, 2), 1)
      assert.equal(await audit.prune(NOW + 3, 2), 0)
      assert.ok((made[3] as AuditEntry).id > lowestId('aud', NOW + 3))
    },
  },
]
