import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import { findRedis } from '../../../../test/servers/redis.ts'

const server = await findRedis('none')
after(() => server.stop())

/** The packages that a start loads. */
function loadedBy(options: object): string[] {
  const given = { dataDir: ':memory:', secretKey: 'a-secret-key-for-this-test', ...options }
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = new Set()
    registerHooks({
      load(url, context, next) {
        loaded.add(url.match(/node_modules\\/((?:@[^/]+\\/)?[^/]+)/)?.[1])
        return next(url, context)
      },
    })
    const { openInstance } = await import(${JSON.stringify(import.meta.resolve('../../src/instance/instance.ts'))})
    const logger = { info() {}, warn() {}, error() {} }
    const instance = await openInstance({ ...${JSON.stringify(given)}, logger })
    await instance.engine.start()
    await instance.close()
    process.stdout.write(JSON.stringify([...loaded].filter(Boolean)))`
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  assert.equal(done.status, 0, done.stderr)
  return JSON.parse(done.stdout) as string[]
}

const REDIS = ['bullmq', 'ioredis', '@bull-board/api', '@bull-board/fastify']

test('a start without Redis loads nothing of it', { timeout: 60_000 }, () => {
  const loaded = loadedBy({})
  assert.ok(loaded.includes('undici'), 'what is loaded is seen')
  for (const name of [...REDIS, 'amqplib']) assert.ok(!loaded.includes(name), name)
})

test('a start with Redis does', { timeout: 60_000 }, () => {
  const loaded = loadedBy({ redisUrl: server.url })
  for (const name of REDIS) assert.ok(loaded.includes(name), name)
})
