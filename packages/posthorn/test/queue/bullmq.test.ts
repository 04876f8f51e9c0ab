import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { Redis } from 'ioredis'
import { findRedis } from '../../../../test/servers/redis.ts'
import { BullmqQueue } from '../../src/queue/bullmq/bullmq-queue.ts'
import { systemClock } from '../../src/system/clock.ts'
import { testQueue } from '../../src/testing/queue-conformance.ts'
import { Recorder } from '../../src/testing/recorder.ts'
import { Cable } from './support/cable.ts'

const server = await findRedis('none')
after(() => server.stop())
let places = 0

function log() {
  const lines: string[] = []
  const write = (text: string, fields: object = {}) => lines.push(`${text} ${JSON.stringify(fields)}`)
  return { lines, logger: { info: write, warn: write, error: write } }
}

function open(url: string, prefix: string, recorder = new Recorder(), { logger } = log()) {
  return BullmqQueue.open({ url, prefix, clock: systemClock, logger, telemetry: recorder })
}

async function admin<T>(work: (redis: Redis) => Promise<T>, url = server.url): Promise<T> {
  const redis = new Redis(url)
  try {
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

testQueue('BullmqQueue', {
  shared: true,
  keepsTimes: true,
  async open() {
    const cable = await Cable.to(server.url)
    places += 1
    const prefix = `suite-${process.pid}-${places}`
    return {
      queue: () => open(cable.through(server.url), prefix),
      async forget() {
        await admin((redis) => redis.flushall())
      },
      async cutOff() {
        await cable.cut()
        return () => cable.mend()
      },
      close: () => cable.cut(),
    }
  },
})

test('the memory of Redis stays small however much is announced', { timeout: 60_000 }, async () => {
  const queue = await open(server.url, 'small')
  await queue.start(null)
  const now = systemClock.now()
  // What falls due far in the future is announced again when it is nearer.
  for (let lane = 0; lane < 20_000; lane += 1)
    queue.announce([{ targetId: `sub_${lane}` as never, at: now + lane * 1_000 }])
  while ((await queue.jobs.getDelayedCount()) === 0) await new Promise((resolve) => setImmediate(resolve))
  const delayed = await queue.jobs.getDelayedCount()
  await queue.stop()
  assert.ok(delayed > 0 && delayed <= 121, `${delayed} jobs`)
})

test('a URL that is none, a wrong password and a Redis that is too old are refused, without the password', {
  timeout: 60_000,
}, async () => {
  const { hostname, port } = new URL(server.url)
  for (const url of ['localhost:6379', 'http://127.0.0.1', 'redis://', 'redis://:p%zz@h', '/tmp/redis.sock'])
    await assert.rejects(open(url, 'bad'), { code: 'config_invalid', message: /must be redis:\/\// })
  const wrong = open(`redis://nobody:very-secret@${hostname}:${port}`, 'bad')
  await assert.rejects(wrong, (error: Error & { code: string }) => {
    assert.equal(error.code, 'config_invalid')
    assert.match(error.message, /refuses this process: WRONGPASS.*Check the user, the password/)
    assert.ok(!error.message.includes('very-secret'))
    return true
  })
  const noSuch = open(`redis://${hostname}:${port}/9999`, 'bad')
  await assert.rejects(noSuch, { code: 'config_invalid', message: /DB index is out of range/ })
  const old = await startOldRedis('6.0.16')
  await assert.rejects(open(old.url, 'bad'), {
    code: 'config_invalid',
    message: /Redis 6\.0\.16 is too old.*6\.2/,
  })
  await old.stop()
})

test('a policy that drops keys is warned of at the start', { timeout: 60_000 }, async (t) => {
  await admin((redis) => redis.config('SET', 'maxmemory-policy', 'allkeys-lru'))
  t.after(() => admin((redis) => redis.config('SET', 'maxmemory-policy', 'noeviction')))
  const told = log()
  const queue = await open(server.url, 'policy', new Recorder(), told)
  await queue.stop()
  assert.equal(told.lines.length, 1)
  assert.match(told.lines[0] ?? '', /noeviction.*"maxmemory_policy":"allkeys-lru"/)
})

test('a server that is away is told once, not at each try, without the password; and that it is back', {
  timeout: 60_000,
}, async (t) => {
  const cable = await Cable.to(server.url)
  t.after(() => cable.cut())
  const recorder = new Recorder({ timeoutMs: 30_000 })
  const url = cable.through(server.url).replace('redis://', 'redis://:very-secret@')
  await admin((redis) => redis.config('SET', 'requirepass', 'very-secret'))
  t.after(() =>
    admin(
      (redis) => redis.config('SET', 'requirepass', ''),
      url.replace(/@.*/, `@${new URL(server.url).host}`),
    ),
  )
  const queue = await open(url, 'away', recorder)
  await queue.start(() => undefined)
  await cable.cut()
  await recorder.next('queue.failed')
  for (let turn = 0; turn < 100; turn += 1) {
    queue.announce([{ targetId: null, at: 0 }])
    await new Promise((resolve) => setImmediate(resolve))
  }
  await cable.mend()
  await recorder.next('queue.recovered')
  await queue.stop()
  const told = recorder.all('queue.failed')
  assert.equal(told.length, 1)
  assert.ok(!JSON.stringify(told).includes('very-secret'))
})

test('a full Redis is told, and nothing breaks', { timeout: 60_000 }, async (t) => {
  const recorder = new Recorder()
  const queue = await open(server.url, 'full', recorder)
  t.after(() => queue.stop())
  await admin((redis) => redis.config('SET', 'maxmemory', '1'))
  t.after(() => admin((redis) => redis.config('SET', 'maxmemory', '0')))
  queue.announce([{ targetId: null, at: 0 }])
  const { error } = await recorder.next('queue.failed')
  assert.match(error, /OOM/)
})

/** Says of itself that it is an old one, and nothing else. */
async function startOldRedis(version: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const info = `# Server\r\nredis_version:${version}\r\nloading:0\r\n`
  const listening = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      for (const command of bytes
        .toString()
        .split(/^\*\d+\r\n/m)
        .filter(Boolean)) {
        if (/^\$4\r\ninfo/im.test(command)) socket.write(`$${info.length}\r\n${info}\r\n`)
        else if (/^\$5\r\nhello/im.test(command)) socket.write('-ERR unknown command\r\n')
        else socket.write('+OK\r\n')
      }
    })
  }).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const { port } = listening.address() as { port: number }
  const stop = async () => {
    listening.close()
    for (const socket of sockets) socket.destroy()
    await once(listening, 'close')
  }
  return { url: `redis://127.0.0.1:${port}`, stop }
}
