import assert from 'node:assert/strict'
import { isPosthornError } from '../../domain/error.ts'
import type { ApiKey, EventType, Tenant } from '../../domain/records.ts'
import type { Subscription } from '../../domain/subscription.ts'
import { allPages, type Case, NOW, type World } from './world.ts'

function tenant(world: World, changes: Partial<Tenant> = {}): Tenant {
  const id = world.id('ten')
  return { id, slug: `slug-${id}`, name: 'Somebody', createdAt: NOW, ...changes }
}

function eventType(world: World, changes: Partial<EventType> = {}): EventType {
  return {
    tenantId: world.tenantId,
    name: 'user.created',
    description: 'line\nbreak \0 "quoted" \ud800',
    schema: { type: 'object', properties: { ['__proto__']: { const: 1 } }, deep: [[[null, 1.5e300, -0.1]]] },
    examples: [null, [], { a: '👩‍👩‍👧' }],
    archived: false,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  }
}

export function apiKey(world: World, changes: Partial<ApiKey> = {}): ApiKey {
  const id = world.id('key')
  return {
    id,
    tenantId: world.tenantId,
    name: 'same name',
    scope: 'publish',
    hash: `hash of ${id}`,
    hint: 'phk_12',
    createdAt: NOW,
    revokedAt: null,
    ...changes,
  }
}

export function subscription(world: World, changes: Partial<Subscription> = {}): Subscription {
  return {
    id: world.id('sub'),
    tenantId: world.tenantId,
    name: 'same name',
    url: 'https://example.com/in',
    events: ['*'],
    source: null,
    description: '',
    headers: { 'x-a': 'b' },
    timeoutMs: 10_000,
    maxInFlight: 8,
    rateLimit: { limit: 5, windowS: 1 },
    retry: [0.5, 10],
    onClientError: 'retry',
    signature: { scheme: 'standard', headerPrefix: 'X-Webhook' },
    format: 'standard',
    active: true,
    disabledReason: null,
    ownerEmail: null,
    failingSince: null,
    secrets: [{ sealed: 'x', createdAt: NOW, expiresAt: null }],
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  }
}

export const RECORD_CASES: readonly Case[] = [
  {
    name: 'a record comes back as it was, by id and by name',
    async run(world) {
      const { tenants, subscriptions, eventTypes, keys } = world.store
      const made = { tenant: tenant(world), type: eventType(world), key: apiKey(world) }
      const sub = subscription(world)
      assert.equal(await tenants.insert(made.tenant), true)
      assert.equal(await subscriptions.insert(sub), true)
      assert.equal(await eventTypes.insert(made.type), true)
      assert.equal(await keys.insert(made.key), true)
      const { tenantId } = world
      const version = 1
      assert.deepEqual(await tenants.get(null, made.tenant.id), { record: made.tenant, version })
      assert.deepEqual(await tenants.getByName(null, made.tenant.slug), { record: made.tenant, version })
      assert.deepEqual(await subscriptions.get(tenantId, sub.id), { record: sub, version })
      assert.deepEqual(await eventTypes.getByName(tenantId, made.type.name), { record: made.type, version })
      assert.deepEqual(await eventTypes.get(tenantId, made.type.name), { record: made.type, version })
      assert.deepEqual(await keys.getByName(null, made.key.hash), { record: made.key, version })
      assert.equal(await subscriptions.getByName(tenantId, sub.name), null)
      assert.equal(await keys.getByName(null, 'no such hash'), null)
    },
  },
  {
    name: 'an id or a unique name that is taken is refused, and the first record stands',
    async run(world) {
      const { tenants, eventTypes, keys, subscriptions } = world.store
      const first = tenant(world)
      await tenants.insert(first)
      assert.equal(await tenants.insert(tenant(world, { slug: first.slug })), false)
      assert.equal(await tenants.insert({ ...first, slug: 'another' }), false)
      assert.equal((await tenants.getByName(null, first.slug))?.record.id, first.id)
      assert.equal(await tenants.getByName(null, 'another'), null)
      const key = apiKey(world)
      await keys.insert(key)
      assert.equal(await keys.insert(apiKey(world, { hash: key.hash, tenantId: null })), false)
      await eventTypes.insert(eventType(world))
      assert.equal(await eventTypes.insert(eventType(world, { description: 'other' })), false)
      assert.equal(await eventTypes.insert(eventType(world, { tenantId: world.id('ten') })), true)
      assert.equal(await subscriptions.insert(subscription(world)), true)
      assert.equal(await subscriptions.insert(subscription(world)), true)
    },
  },
  {
    name: 'a tenant reaches only its own records, a null tenant reaches all',
    async run(world) {
      const { subscriptions, keys } = world.store
      const other = world.id('ten')
      const sub = subscription(world)
      await subscriptions.insert(sub)
      assert.equal(await subscriptions.get(other, sub.id), null)
      assert.equal((await subscriptions.get(null, sub.id))?.record.id, sub.id)
      assert.equal(await subscriptions.delete(other, sub.id), false)
      assert.deepEqual(await subscriptions.list({ tenantId: other, before: null, limit: 9 }), [])
      const admin = apiKey(world, { tenantId: null, scope: 'admin' })
      await keys.insert(admin)
      await keys.insert(apiKey(world))
      assert.equal(await keys.getByName(other, admin.hash), null)
      assert.equal((await keys.getByName(null, admin.hash))?.record.tenantId, null)
      assert.equal((await keys.list({ tenantId: null, before: null, limit: 9 })).length, 2)
      assert.equal((await keys.list({ tenantId: world.tenantId, before: null, limit: 9 })).length, 1)
    },
  },
  {
    name: 'an update is taken only for the version that was read, and only one of two wins',
    async run(world) {
      const { subscriptions } = world.store
      const sub = subscription(world)
      await subscriptions.insert(sub)
      const wins = await Promise.all([
        subscriptions.update({ ...sub, url: 'https://example.com/1' }, 1),
        subscriptions.update({ ...sub, url: 'https://example.com/2' }, 1),
      ])
      assert.deepEqual(wins.toSorted(), [false, true])
      const read = await subscriptions.get(world.tenantId, sub.id)
      assert.equal(read?.version, 2)
      assert.equal(read?.record.url, `https://example.com/${wins[0] ? 1 : 2}`)
      assert.equal(await subscriptions.update(sub, 3), false)
      assert.equal(await subscriptions.update({ ...sub, tenantId: world.id('ten') }, 2), false)
      assert.equal(await subscriptions.update(sub, 2), true)
      assert.deepEqual(await subscriptions.get(world.tenantId, sub.id), { record: sub, version: 3 })
    },
  },
  {
    name: 'a name may be changed, but not to one that is taken',
    async run(world) {
      const { tenants } = world.store
      const [one, two] = [tenant(world), tenant(world)]
      await tenants.insert(one)
      await tenants.insert(two)
      await assert.rejects(
        tenants.update({ ...two, slug: one.slug }, 1),
        (error) => isPosthornError(error) && error.code === 'name_taken',
      )
      assert.equal(await tenants.update({ ...two, slug: 'new-slug' }, 1), true)
      assert.equal((await tenants.getByName(null, 'new-slug'))?.record.id, two.id)
      assert.equal(await tenants.getByName(null, two.slug), null)
    },
  },
  {
    name: 'a deleted record is gone, and its name is free',
    async run(world) {
      const { eventTypes } = world.store
      const type = eventType(world)
      await eventTypes.insert(type)
      assert.equal(await eventTypes.delete(world.tenantId, type.name), true)
      assert.equal(await eventTypes.delete(world.tenantId, type.name), false)
      assert.equal(await eventTypes.update(type, 1), false)
      assert.equal(await eventTypes.get(world.tenantId, type.name), null)
      assert.equal(await eventTypes.insert(type), true)
    },
  },
  {
    name: 'records are listed newest first, page after page, each once',
    async run(world) {
      const { subscriptions } = world.store
      const made = Array.from({ length: 5 }, () => subscription(world))
      for (const sub of made) await subscriptions.insert(sub)
      await subscriptions.insert(subscription(world, { tenantId: world.id('ten') }))
      const seen = await allPages<{ record: Subscription; cursor: number }>((last) =>
        subscriptions.list({ tenantId: world.tenantId, before: last?.cursor ?? null, limit: 2 }),
      )
      assert.deepEqual(
        seen.map(({ record }) => record.id),
        made.map(({ id }) => id).toReversed(),
      )
    },
  },
]
