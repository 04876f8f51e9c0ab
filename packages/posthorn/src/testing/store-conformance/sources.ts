import assert from 'node:assert/strict'
import type { SourceId } from '../../domain/ids.ts'
import type { Source } from '../../domain/source.ts'
import { allPages, type Case, NOW, type World } from './world.ts'

function source(world: World, changes: Partial<Source> = {}): Source {
  const id = world.id('src')
  return {
    id,
    tenantId: world.tenantId,
    slug: `slug-${id}`,
    description: 'line\nbreak \0 \ud800',
    provider: null,
    scheme: { header: 'x-signature', parts: ['{body}', null, [1.5]] },
    settings: { webhook_id: 'WH-1', hosts: ['a', 'b'] },
    secrets: [{ sealed: 'x', createdAt: NOW, expiresAt: NOW + 1 }],
    handshake: { verifyToken: null, allowedOrigins: ['*'], allowedRate: 120 },
    toleranceS: 300,
    bodyLimitBytes: 1024,
    allowedIps: ['10.0.0.0/8', '2001:db8::/32'],
    httpsOnly: true,
    rateLimit: { limit: 5, windowS: 1 },
    addressRateLimit: null,
    publicUrl: 'https://example.com/in',
    dedupeS: 60,
    expectedTenant: 'them',
    checkSchemas: false,
    testEvents: 'skip',
    letThrough: [{ eventId: null, until: NOW }],
    active: true,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  }
}

export const SOURCE_CASES: readonly Case[] = [
  {
    name: 'a source comes back as it was, by id and by slug, to its tenant only',
    async run(world) {
      const { sources } = world.store
      const made = source(world)
      assert.equal(await sources.insert(made), true)
      const found = { record: made, version: 1 }
      assert.deepEqual(await sources.get(world.tenantId, made.id), found)
      assert.deepEqual(await sources.get(null, made.id), found)
      assert.deepEqual(await sources.getByName(world.tenantId, made.slug), found)
      const other = world.id('ten')
      assert.equal(await sources.get(other, made.id), null)
      assert.equal(await sources.getByName(other, made.slug), null)
      assert.equal(await sources.update({ ...made, tenantId: other }, 1), false)
      assert.equal(await sources.delete(other, made.id), false)
    },
  },
  {
    name: 'a slug is unique within its tenant and free in others',
    async run(world) {
      const { sources } = world.store
      const first = source(world, { slug: 'shop' })
      assert.equal(await sources.insert(first), true)
      assert.equal(await sources.insert(source(world, { slug: 'shop' })), false)
      assert.equal(await sources.insert({ ...first, slug: 'another' }), false)
      assert.equal(await sources.insert(source(world, { slug: 'shop', tenantId: world.id('ten') })), true)
      assert.equal((await sources.getByName(world.tenantId, 'shop'))?.record.id, first.id)
      assert.equal(await sources.delete(world.tenantId, first.id), true)
      assert.equal(await sources.insert(source(world, { slug: 'shop' })), true)
    },
  },
  {
    name: 'a change of a source is guarded by its version, and sources are listed newest first',
    async run(world) {
      const { sources } = world.store
      const made = Array.from({ length: 3 }, () => source(world))
      for (const one of made) await sources.insert(one)
      const [first] = made as [Source]
      assert.equal(await sources.update({ ...first, active: false }, 1), true)
      assert.equal(await sources.update({ ...first, dedupeS: 1 }, 1), false)
      assert.deepEqual(await sources.get(world.tenantId, first.id), {
        record: { ...first, active: false },
        version: 2,
      })
      const seen = await allPages<{ record: Source; cursor: number }>((last) =>
        sources.list({ tenantId: world.tenantId, before: last?.cursor ?? null, limit: 2 }),
      )
      assert.deepEqual(
        seen.map(({ record }) => record.id),
        made.map(({ id }) => id).toReversed(),
      )
    },
  },
  {
    name: 'of each secret of a source the latest use is known, and those that are gone are forgotten',
    async run(world) {
      const { requests } = world.store
      const { tenantId } = world
      const [one, two] = [world.id('src'), world.id('src')]
      const use = (sourceId: SourceId, secret: string, usedAt: number) => ({
        ...{ tenantId, sourceId, secret, usedAt },
      })
      const known = async (...ids: SourceId[]) =>
        (await requests.uses(tenantId, ids)).toSorted((a, b) => a.usedAt - b.usedAt)
      await requests.noteUses([])
      await requests.noteUses([use(one, 'a', NOW + 5), use(one, 'b', NOW), use(two, 'a', NOW + 9)])
      await requests.noteUses([use(one, 'a', NOW + 3), use(one, 'b', NOW + 7), use(one, 'b', NOW + 6)])
      assert.deepEqual(await known(one), [use(one, 'a', NOW + 5), use(one, 'b', NOW + 7)])
      assert.equal((await known(one, two)).length, 3)
      assert.deepEqual(await known(), [])
      assert.deepEqual(await requests.uses(world.id('ten'), [one]), [])
      await requests.forgetUses(world.id('ten'), one, [])
      await requests.forgetUses(tenantId, one, ['b', 'c'])
      assert.deepEqual(await known(one, two), [use(one, 'b', NOW + 7), use(two, 'a', NOW + 9)])
      await requests.forgetUses(tenantId, one, [])
      assert.deepEqual(await known(one), [])
    },
  },
]
