import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { findRedis, type Persistence, redisWays } from './redis.ts'
import { findServer, WhyNot } from './server.ts'

/** A machine without a Redis has one installed, which takes its time. */
const SLOW = { timeout: 240_000 }

function connect(t: TestContext, url: string): Redis {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null })
  redis.on('error', () => {})
  t.after(() => redis.disconnect())
  return redis
}

async function setting(redis: Redis, name: string): Promise<string | undefined> {
  return ((await redis.config('GET', name)) as string[])[1]
}

for (const [persistence, settings] of [
  ['default', { appendonly: 'no', save: '3600 1 300 100 60 10000' }],
  ['always', { appendonly: 'yes', appendfsync: 'always' }],
  ['none', { appendonly: 'no', save: '' }],
] as const satisfies readonly (readonly [Persistence, Record<string, string>])[])
  test(`a Redis of our own with ${persistence} persistence, gone after stop`, SLOW, async (t) => {
    const server = await findRedis(persistence, {})
    t.after(() => server.stop())
    t.diagnostic(server.about)
    const redis = connect(t, server.url)
    for (const [name, value] of Object.entries(settings)) assert.equal(await setting(redis, name), value)
    assert.equal(await redis.set('a', '1', 'NX'), 'OK')
    assert.equal(await redis.set('a', '2', 'NX'), null)
    const folder = (await setting(redis, 'dir')) ?? assert.fail()
    redis.disconnect()
    await server.stop()
    assert.equal(existsSync(folder), false)
    await assert.rejects(connect(t, server.url).connect())
  })

test(
  'one that the environment names is used where its persistence fits, and is not stopped',
  SLOW,
  async (t) => {
    const server = await findRedis('none', {})
    t.after(() => server.stop())
    const named = await findRedis('none', { REDIS_URL: server.url })
    assert.equal(named.url, server.url)
    await named.stop()
    assert.equal(await connect(t, server.url).ping(), 'PONG')
    const other = await findRedis('always', { REDIS_URL: server.url })
    t.after(() => other.stop())
    assert.notEqual(other.url, server.url)
  },
)

test('red: where no way leads to one, each says why not', async () => {
  const [ours, theirs] = redisWays('default', { REDIS_URL: 'redis://127.0.0.1:1' })
  assert.ok(ours && theirs)
  const absent = { name: 'a program', find: async () => new WhyNot('it is not there') }
  await assert.rejects(findServer('Redis', [ours, theirs, absent]), (error: Error) => {
    const [head, first, second, third, ...more] = error.message.split('\n')
    assert.equal(head, 'There is no Redis to be had. What was tried:')
    assert.equal(first, '  POSTHORN_REDIS_URL: it is not set')
    assert.match(second ?? '', /^ {2}REDIS_URL: .*Connection is closed/)
    assert.equal(third, '  a program: it is not there')
    assert.deepEqual(more, [])
    return true
  })
})
