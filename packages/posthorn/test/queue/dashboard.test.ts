import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { findRedis } from '../../../../test/servers/redis.ts'
import { createApiServer } from '../../src/api/server.ts'
import { openInstance } from '../../src/instance/instance.ts'
import { systemClock } from '../../src/system/clock.ts'
import { SystemRandom } from '../../src/system/random.ts'
import { Cable } from './support/cable.ts'

const ADMIN = 'an-admin-key-for-this-test-0123456789'
const NO_LOG = { info: () => undefined, warn: () => undefined, error: () => undefined }

const server = await findRedis('none')
const cable = await Cable.to(server.url)
const instance = await openInstance({
  ...{ dataDir: ':memory:', secretKey: 'a-secret-key-for-this-test', adminKey: ADMIN, logger: NO_LOG },
  ...{ redisUrl: cable.through(server.url), redisPrefix: 'dashboard', allowHttp: true },
})
const dashboard = instance.dashboard?.('/queues') ?? assert.fail('there is no dashboard')
const random = new SystemRandom()
const api = createApiServer({
  ...{ useCases: instance.engine, clock: systemClock, random, logger: NO_LOG, version: 'test' },
  ...{ metrics: () => instance.metrics.scrape(), queuesPage: dashboard },
})
after(async () => {
  await api.close()
  await instance.close()
  await cable.cut()
  await server.stop()
})

const get = (url: string, authorization?: string) =>
  api.inject({ method: 'GET', url, headers: authorization === undefined ? {} : { authorization } })
const basic = (password: string) => `Basic ${Buffer.from(`anybody:${password}`).toString('base64')}`

test('an admin sees it, with the key as bearer or as the password of a browser', async () => {
  for (const authorization of [`Bearer ${ADMIN}`, basic(ADMIN)]) {
    const page = await get('/queues/', authorization)
    assert.equal(page.statusCode, 200, page.body)
    assert.match(page.headers['content-type'] as string, /^text\/html/)
    assert.match(page.body, /<base href="\/queues\/"/)
    const queues = (await get('/queues/api/queues', authorization)).json()
    assert.deepEqual(
      queues.queues.map((one: { name: string; readOnlyMode: boolean }) => [one.name, one.readOnlyMode]),
      [['wake-ups', true]],
    )
  }
})

test('nobody else sees anything of it: not the page, not the data, not a script', async () => {
  const { keys, tenants } = instance.engine
  const { id: tenantId } = await tenants.get('default')
  const { text: tenantsKey } = await keys.create({ name: "a tenant's", scope: 'tenant', tenantId })
  const script = /src="(static\/[^"]+)"/.exec((await get('/queues/', basic(ADMIN))).body)?.[1]
  assert.ok(script !== undefined)
  for (const path of [
    '/queues',
    '/queues/',
    '/queues/api/queues',
    `/queues/${script}`,
    '/queues/queue/wake-ups',
  ]) {
    const anonymous = await get(path)
    assert.equal(anonymous.statusCode, 401, path)
    assert.match(anonymous.headers['www-authenticate'] as string, /^Basic realm="posthorn"/)
    assert.equal(anonymous.json().code, 'unauthorized')
    assert.equal((await get(path, basic('a-wrong-key-0123456789012345'))).statusCode, 401, path)
    assert.equal((await get(path, `Bearer ${tenantsKey}`)).statusCode, 403, path)
  }
})

test('nothing can be changed by it', async () => {
  for (const [method, path] of [
    ['PUT', 'queues/wake-ups/pause'],
    ['PUT', 'queues/wake-ups/empty'],
    ['PUT', 'queues/wake-ups/clean/completed'],
    ['POST', 'queues/wake-ups/add'],
  ] as const) {
    const answer = await api.inject({
      ...{ method, url: `/queues/api/${path}`, headers: { authorization: basic(ADMIN) } },
    })
    assert.equal(answer.statusCode, 405, `${method} ${path}: ${answer.body}`)
    assert.equal(answer.headers.allow, 'GET, HEAD')
  }
})

test('it needs no other host, and may not be framed', async () => {
  const page = await get('/queues/', basic(ADMIN))
  const policy = String(page.headers['content-security-policy'])
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
  ])
    assert.ok(policy.includes(part), policy)
  assert.deepEqual(page.body.match(/(?:href|src)="(?:https?:)?\/\/[^"]*"/g), null)
  for (const [, path] of page.body.matchAll(/(?:href|src)="(static\/[^"]+)"/g))
    assert.equal((await get(`/queues/${path}`, basic(ADMIN))).statusCode, 200, path)
})

test('while Redis is away it says so', async () => {
  await cable.cut()
  const { statusCode, body } = await get('/queues/api/queues', basic(ADMIN))
  assert.equal(statusCode, 500)
  assert.deepEqual(JSON.parse(body), { error: 'Redis does not answer.' })
  await cable.mend()
})
