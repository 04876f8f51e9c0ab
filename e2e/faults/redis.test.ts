/** What Redis forgets, and what it does not answer: all that is lost with it is that wake-ups come a little later. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Redis } from 'ioredis'
import { OwnRedis } from '../../test/servers/own-redis.ts'
import type { Dice } from '../support/dice.ts'
import { LOOPBACK, ServerProcess } from '../support/server.ts'
import type { CreatedSubscription, Published } from '../support/shapes.ts'
import { startTarget } from '../support/targets.ts'
import { elapse, until, within } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'
import type { World } from './support/world.ts'

const redis = await OwnRedis.start()
const admin = new Redis(redis.url, { retryStrategy: () => 100 })
admin.on('error', () => undefined)
after(async () => {
  admin.disconnect()
  await redis.stop()
})

const PREFIX = 'faults'
const WITH_REDIS = { flags: ['--redis-url', redis.url, '--redis-prefix', PREFIX] }
const AWAY_MS = inForm(5_000, 60_000)
/** Of deliveries while Redis is away: every retry and every new event, some of each in every second. */
const GO_ON = 100

/** Further ahead than the scenario takes, and nearer than what is put back looks ahead: when that last looked, less. */
const DUE_MS = inForm(55_000, 90_000)

function key(name: string): string {
  return `{${PREFIX}}:wake-ups:${name}`
}

/** Resolves when a wake-up that is younger than this has gone through Redis. */
async function usedAgain(): Promise<void> {
  const since = Date.now()
  await until('a wake-up to go through Redis', async () => {
    const [, score] = await admin.zrevrange(key('completed'), 0, 0, 'WITHSCORES')
    return Number(score) > since
  })
}

/** While `fault` lasts deliveries go on; when it is `over` Redis is used again. */
async function without(world: World, fault: () => unknown, over: () => unknown, ms: number): Promise<void> {
  await usedAgain()
  world.phase('fault')
  await fault()
  const { progress } = world.targets
  const ended = elapse(ms)
  const more = progress.count('arrived') + GO_ON
  await within('deliveries without Redis', progress.reach('arrived', more), 10_000)
  await ended
  await over()
  world.phase('after')
  await usedAgain()
}

faultTest('Redis forgets everything, again and again', WITH_REDIS, async (world, dice) => {
  const later = await dueLater(world)
  await later.known()
  world.phase('fault')
  for (let flush = 0; flush < inForm(8, 60); flush += 1) {
    await elapse(dice.roll(1_000))
    await admin.flushall()
  }
  const flushedAt = Date.now()
  world.phase('after')
  await usedAgain()
  await later.known()
  world.note(`what is due in a minute was in Redis again after ${Date.now() - flushedAt} ms`)
  await later.end()
})

faultTest('Redis is killed, and comes back empty', WITH_REDIS, async (world, dice) => {
  await usedAgain()
  world.phase('fault')
  for (let kill = 0; kill < inForm(3, 15); kill += 1) {
    await elapse(dice.roll(1_500))
    await redis.halt()
    await elapse(dice.roll(1_500))
    await redis.resume()
  }
  world.phase('after')
  await usedAgain()
})

faultTest('Redis is gone for a while', WITH_REDIS, async (world) => {
  await without(
    world,
    () => redis.halt(),
    () => redis.resume(),
    AWAY_MS,
  )
})

faultTest('Redis takes everything and says nothing for a while', WITH_REDIS, async (world) => {
  await without(
    world,
    () => redis.freeze(),
    () => redis.thaw(),
    AWAY_MS,
  )
})

faultTest('Redis is full', WITH_REDIS, async (world, dice: Dice) => {
  const limit = (bytes: number) => () => admin.config('SET', 'maxmemory', String(bytes))
  await without(world, limit(1 + dice.roll(1_000_000)), limit(0), inForm(5_000, 20_000))
})

test('a Redis that drops keys when it is full is warned of at the start', { timeout: 60_000 }, async (t) => {
  const evicting = await OwnRedis.start(['--maxmemory-policy', 'allkeys-lru'])
  const server = new ServerProcess({ flags: [...LOOPBACK, '--redis-url', evicting.url] })
  t.after(async () => {
    await server.dispose()
    await evicting.stop()
  })
  await server.start()
  const { stderr } = server.run
  assert.match(stderr, /"maxmemory_policy":"allkeys-lru".*set its maxmemory-policy to noeviction/)
  // And one that does not is not.
  const other = new ServerProcess({ flags: [...LOOPBACK, '--redis-url', redis.url] })
  t.after(() => other.dispose())
  await other.start()
  assert.doesNotMatch(other.run.stderr, /maxmemory/)
})

/** One delivery of a tenant of its own that falls due in a minute, which is never reached. */
async function dueLater(world: World) {
  const [api] = world.apis
  assert.ok(api !== undefined)
  const target = await startTarget()
  await api.api.post('/tenants', { slug: 'later' }, 201)
  const calls = api.api.forTenant('later')
  const given = { name: 'later', url: target.url, events: ['*'] }
  const { id } = await calls.post<CreatedSubscription>('/subscriptions', given, 201)
  const event = { event_type: 'a.b', data: {}, deliver_at: new Date(Date.now() + DUE_MS).toISOString() }
  await calls.post<Published>('/events', event, 202)
  return {
    /** Its wake-up is in Redis, within what is promised. */
    known: () =>
      until(
        'the wake-up of what is due later to be in Redis',
        async () => (await admin.zrange(key('delayed'), '0', '-1')).some((job) => job.startsWith(`${id}@`)),
        { timeoutMs: 30_000 },
      ),
    end: async () => {
      assert.equal(target.requests.length, 0, 'it must not come before its time')
      await calls.call('DELETE', `/subscriptions/${id}`, { status: 204 })
      await target.close()
    },
  }
}
