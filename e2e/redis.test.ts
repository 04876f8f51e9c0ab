/** Processes on one PostgreSQL that wake each other through Redis, which forgets, is full, hangs and goes away. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { findPostgres } from '../test/servers/postgres.ts'
import { findRedis } from '../test/servers/redis.ts'
import type { Server } from '../test/servers/server.ts'
import { Bridge } from './support/bridge.ts'
import { Cluster } from './support/cluster.ts'
import { ADMIN_KEY, LOOPBACK, ServerProcess } from './support/server.ts'
import type { CreatedSubscription, Delivery, Published } from './support/shapes.ts'
import { startTarget, type Target } from './support/targets.ts'
import { until } from './support/until.ts'

const BOUNDED = { timeout: 90_000 }
const EVENTS = 30

let database: Server
let redis: Server
let places = 0

before(
  async () => {
    database = await findPostgres()
    redis = await findRedis('none')
  },
  { timeout: 240_000 },
)
after(async () => {
  await database.stop()
  await redis.stop()
})

/** One that accepts and two that deliver, with Redis behind a way that can be cut. */
class World {
  readonly target: Target
  readonly api: ServerProcess
  readonly workers: readonly ServerProcess[]
  readonly way: Bridge
  readonly admin: Redis
  readonly prefix: string

  private constructor(parts: Pick<World, 'target' | 'api' | 'workers' | 'way' | 'admin' | 'prefix'>) {
    this.target = parts.target
    this.api = parts.api
    this.workers = parts.workers
    this.way = parts.way
    this.admin = parts.admin
    this.prefix = parts.prefix
  }

  static async open(t: TestContext, { away = false } = {}): Promise<World> {
    const target = await startTarget()
    const cluster = await Cluster.open(database)
    const way = new Bridge(redis.url)
    await way.open()
    const admin = new Redis(redis.url)
    t.after(async () => {
      await cluster.dispose()
      await target.close()
      await way.shut()
      admin.disconnect()
    })
    places += 1
    const prefix = `e2e-${process.pid}-${places}`
    const flags = ['--redis-url', way.urlFor(redis.url), '--redis-prefix', prefix]
    if (away) await way.shut()
    const [api, ...workers] = await Promise.all(
      (['api', 'worker', 'worker'] as const).map((role) => cluster.start(role, flags)),
    )
    assert.ok(api !== undefined)
    const subscription = { name: 's', url: target.url, events: ['*'], retry: [1, 1, 1], max_in_flight: 50 }
    await api.api.post<CreatedSubscription>('/subscriptions', subscription, 201)
    return new World({ target, api, workers, way, admin, prefix })
  }

  async publish(count: number, more: object = {}): Promise<string[]> {
    const body = { event_type: 'a.b', data: { a: 1 }, ...more }
    const all = Array.from({ length: count }, () => this.api.api.post<Published>('/events', body, 202))
    return (await Promise.all(all)).map(({ event_id }) => event_id)
  }

  /** Waits until each is delivered. @returns in how many attempts each */
  async delivered(ids: readonly string[]): Promise<number[]> {
    const attempts: number[] = []
    for (const id of ids) {
      const [delivery] = await until(`the event ${id} to be delivered`, async () => {
        const found = await this.api.api.all<Delivery>(`/events/${id}/deliveries`)
        return found.length > 0 && found.every(({ state }) => state === 'delivered') && found
      })
      attempts.push((delivery as Delivery).attempts)
    }
    return attempts
  }

  /** Wake-ups in Redis. */
  async count(state: 'completed' | 'delayed'): Promise<number> {
    return await this.admin.zcard(`{${this.prefix}}:wake-ups:${state}`)
  }

  /** Publishes one event after the other until one of them has gone through Redis. */
  async usesRedis(): Promise<void> {
    await until('Redis to be used', async () => {
      const before = await this.count('completed')
      await this.delivered(await this.publish(1))
      return (await this.count('completed')) > before
    })
  }

  /** The first attempt of each fails. */
  failFirst(): void {
    const seen = new Set<string | undefined>()
    this.target.answer((request) => {
      const id = request.header('webhook-id')
      const status = seen.has(id) ? 200 : 500
      seen.add(id)
      return { status }
    })
  }
}

test(
  'Redis wakes the workers, for new events and for retries; each is delivered once',
  BOUNDED,
  async (t) => {
    const world = await World.open(t)
    world.failFirst()
    const ids = await world.publish(EVENTS)
    const attempts = await world.delivered(ids)
    assert.deepEqual(new Set(attempts), new Set([2]))
    assert.equal(world.target.requests.length, 2 * EVENTS)
    // What has failed falls due a second later, and Redis has said so.
    assert.ok((await world.count('completed')) >= 2)
  },
)

test('what Redis forgets while retries wait is made up for, and put back', BOUNDED, async (t) => {
  const world = await World.open(t)
  world.failFirst()
  const soon = await world.publish(EVENTS)
  const [later = ''] = await world.publish(1, { deliver_at: new Date(Date.now() + 100_000).toISOString() })
  await world.target.waitFor(EVENTS)
  await until('Redis to know what falls due later', async () => (await world.count('delayed')) > 0)
  await world.admin.flushall()
  assert.deepEqual(new Set(await world.delivered(soon)), new Set([2]))
  await until('Redis to know it again', async () => (await world.count('delayed')) > 0, { timeoutMs: 30_000 })
  const [waiting] = await world.api.api.all<Delivery>(`/events/${later}/deliveries`)
  assert.equal(waiting?.state, 'pending')
  await world.usesRedis()
})

test(
  'while Redis is away events are accepted, delivered and retried; then it is used again',
  BOUNDED,
  async (t) => {
    const world = await World.open(t)
    await world.usesRedis()
    await world.way.shut()
    world.failFirst()
    const ids = await world.publish(EVENTS)
    assert.deepEqual(new Set(await world.delivered(ids)), new Set([2]))
    await world.way.open()
    await world.usesRedis()
    for (const { run } of world.workers) {
      assert.match(run.stderr, /"queue\.failed"/)
      assert.match(run.stderr, /"queue\.recovered"/)
    }
  },
)

test('a Redis that takes everything and says nothing holds nothing up', BOUNDED, async (t) => {
  const world = await World.open(t)
  world.way.swallow()
  world.failFirst()
  assert.deepEqual(new Set(await world.delivered(await world.publish(EVENTS))), new Set([2]))
  await world.way.shut()
  await world.way.open()
  await world.usesRedis()
})

test('a Redis that is full holds nothing up', BOUNDED, async (t) => {
  const world = await World.open(t)
  await world.admin.config('SET', 'maxmemory', '1')
  world.failFirst()
  try {
    assert.deepEqual(new Set(await world.delivered(await world.publish(EVENTS))), new Set([2]))
  } finally {
    await world.admin.config('SET', 'maxmemory', '0')
  }
  await world.usesRedis()
})

test(
  'processes start without Redis, and use it when it comes; SIGTERM ends them all the same',
  BOUNDED,
  async (t) => {
    const world = await World.open(t, { away: true })
    await world.delivered(await world.publish(EVENTS))
    await world.way.open()
    await world.usesRedis()
    const [first, second] = world.workers as [ServerProcess, ServerProcess]
    assert.deepEqual(await first.kill('SIGTERM'), { code: 0, signal: null })
    await world.way.shut()
    assert.deepEqual(await second.kill('SIGTERM'), { code: 0, signal: null })
    assert.deepEqual(await world.api.kill('SIGTERM'), { code: 0, signal: null })
  },
)

test('/queues shows an admin the queue', BOUNDED, async (t) => {
  const world = await World.open(t)
  assert.equal((await fetch(`${world.api.url}/queues`)).status, 401)
  const authorization = `Basic ${Buffer.from(`me:${ADMIN_KEY}`).toString('base64')}`
  const page = await fetch(`${world.api.url}/queues`, { headers: { authorization } })
  assert.equal(page.status, 200)
  assert.match(await page.text(), /<base href="\/queues\/"/)
  const [worker] = world.workers as [ServerProcess]
  assert.equal((await fetch(`${worker.url}/queues`, { headers: { authorization } })).status, 404)
})

test(
  'refused at the start: a URL that is none, and a wrong password; neither shows the password',
  BOUNDED,
  async (t) => {
    const login = redis.url.replace('redis://', 'redis://posthorn:very-secret@')
    for (const url of [login.replace('redis:', 'http:'), login]) {
      const server = new ServerProcess({ flags: [...LOOPBACK, '--redis-url', url] })
      t.after(() => server.dispose())
      const run = server.launch()
      const { code } = await run.exited
      assert.notEqual(code, 0)
      assert.match(run.stderr, /--redis-url/)
      assert.ok(!`${run.stderr}${run.stdout}`.includes('very-secret'), run.stderr)
    }
  },
)
