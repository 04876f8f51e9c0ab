import assert from 'node:assert/strict'
import type { Session } from '../../domain/session.ts'
import { type Case, NOW, type World } from './world.ts'

function session(world: World, changes: Partial<Session> = {}): Session {
  return {
    id: world.id('ses'),
    keyId: world.id('key'),
    keyHash: 'hash of the key',
    tenantId: world.tenantId,
    hash: world.id('ses'),
    secure: true,
    createdAt: NOW,
    seenAt: NOW,
    expiresAt: NOW + 1_000,
    ...changes,
  }
}

export const SESSION_CASES: readonly Case[] = [
  {
    name: 'a session is found by its hash, whoever asks, and once it is deleted no more',
    async run(world) {
      const { sessions } = world.store
      const [own, admins] = [session(world), session(world, { tenantId: null })]
      assert.equal(await sessions.insert(own), true)
      assert.equal(await sessions.insert(admins), true)
      assert.equal(await sessions.insert(session(world, { hash: own.hash })), false)
      assert.deepEqual(await sessions.getByName(null, own.hash), { record: own, version: 1 })
      assert.deepEqual(await sessions.getByName(null, admins.hash), { record: admins, version: 1 })
      assert.equal(await sessions.update({ ...own, seenAt: NOW + 5 }, 1), true)
      assert.equal((await sessions.get(null, own.id))?.record.seenAt, NOW + 5)
      assert.equal(await sessions.delete(null, own.id), true)
      assert.equal(await sessions.update({ ...own, seenAt: NOW + 6 }, 2), false)
      assert.equal(await sessions.getByName(null, own.hash), null)
    },
  },
  {
    name: 'sessions that have ended leave, as many as asked for',
    async run(world) {
      const { sessions } = world.store
      const portal = {
        ...({ scope: 'view', user: '"expiresAt":1,\u0000\ud800', openedAt: NOW, endsAt: NOW } as const),
        theme: { logoUrl: null, accent: null, mode: 'auto' } as const,
      }
      const ends = [NOW + 30, NOW + 10, NOW + 20].map((expiresAt) => session(world, { expiresAt, portal }))
      for (const one of ends) await sessions.insert(one)
      assert.equal(await sessions.prune(NOW + 9, 5), 0)
      assert.equal(await sessions.prune(NOW + 20, 1), 1)
      assert.equal(await sessions.prune(NOW + 20, 5), 1)
      const left = await sessions.list({ tenantId: null, before: null, limit: 5 })
      assert.deepEqual(
        left.map(({ record }) => record.id),
        [ends[0]?.id],
      )
    },
  },
]
