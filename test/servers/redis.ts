/**
 * A Redis: the one whose URL the environment names, else one that is started here, on a free port of the loopback, with
 * a data folder of its own, from the program, from a container or from Debian's package.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort, type Running, startProgram } from './child.ts'
import { fromDebian } from './debian.ts'
import { findServer, type Server, type Way, WhyNot } from './server.ts'

/**
 * `default`: a snapshot now and then, what Redis does when nothing is said; `always`: each write is on disk before it is
 * answered; `none`: in memory only.
 */
export type Persistence = 'default' | 'always' | 'none'

export const FLAGS: Readonly<Record<Persistence, readonly string[]>> = {
  default: [],
  always: ['--appendonly', 'yes', '--appendfsync', 'always'],
  none: ['--save', '', '--appendonly', 'no'],
}
const VARIABLES = ['POSTHORN_REDIS_URL', 'REDIS_URL'] as const
export const READY = /Ready to accept connections/
const IMAGE = 'redis:7-alpine'
const CONNECT_MS = 3000

/** @throws Error that says what was tried and why it led to none */
export function findRedis(persistence: Persistence, env: NodeJS.ProcessEnv = process.env): Promise<Server> {
  return findServer(`Redis (${persistence} persistence)`, redisWays(persistence, env))
}

export function redisWays(persistence: Persistence, env: NodeJS.ProcessEnv): Way[] {
  const program = () => fromProgram(persistence)
  return [
    ...VARIABLES.map((name) => ({ name, find: () => fromUrl(env[name], persistence) })),
    { name: 'redis-server on the PATH', find: program },
    { name: `docker run ${IMAGE}`, find: () => fromDocker(persistence) },
    { name: 'apt-get install redis-server', find: () => fromDebian('redis-server', program) },
  ]
}

async function fromUrl(url: string | undefined, wanted: Persistence): Promise<Server | WhyNot> {
  if (url === undefined || url === '') return new WhyNot('it is not set')
  const { version, persistence } = await ask(url)
  if (persistence !== wanted)
    return new WhyNot(`that server has ${persistence} persistence, this needs ${wanted}`)
  return {
    url,
    about: `Redis ${version} of the environment, ${persistence} persistence`,
    stop: async () => {},
  }
}

async function fromProgram(persistence: Persistence): Promise<Server | WhyNot> {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-redis-'))
  const clear = () => rm(folder, { recursive: true, force: true })
  const port = await freePort()
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const running = await startProgram('redis-server', [...place, ...FLAGS[persistence]], READY)
  if (!(running instanceof WhyNot))
    return started(running, `redis://127.0.0.1:${port}`, 'started here', persistence, clear)
  await clear()
  return running
}

async function fromDocker(persistence: Persistence): Promise<Server | WhyNot> {
  const port = await freePort()
  const publish = ['--publish', `127.0.0.1:${port}:6379`]
  const command = ['run', '--rm', ...publish, IMAGE, 'redis-server', ...FLAGS[persistence]]
  const running = await startProgram('docker', command, READY)
  if (running instanceof WhyNot) return running
  return started(running, `redis://127.0.0.1:${port}`, 'in a container', persistence, async () => {})
}

async function started(
  running: Running,
  url: string,
  how: string,
  persistence: Persistence,
  clear: () => Promise<void>,
): Promise<Server> {
  const stop = async () => {
    await running.stop()
    await clear()
  }
  const told = await ask(url).catch(async (error) => {
    await stop()
    throw error
  })
  return { url, about: `Redis ${told.version} ${how}, ${persistence} persistence`, stop }
}

/** What a Redis says of itself. @throws Error when it cannot be reached or does not let us in */
async function ask(url: string): Promise<{ version: string; persistence: Persistence | 'other' }> {
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: CONNECT_MS, retryStrategy: () => null })
  // Without a listener a lost connection would be printed; each call below tells of it anyway.
  redis.on('error', () => {})
  try {
    await redis.connect()
    const version = /^redis_version:(\S+)/m.exec(await redis.info('server'))?.[1] ?? 'of unknown version'
    const [, appendonly] = (await redis.config('GET', 'appendonly')) as string[]
    const [, appendfsync] = (await redis.config('GET', 'appendfsync')) as string[]
    const [, save] = (await redis.config('GET', 'save')) as string[]
    if (appendonly === 'yes') return { version, persistence: appendfsync === 'always' ? 'always' : 'other' }
    return { version, persistence: save === '' ? 'none' : 'default' }
  } finally {
    redis.disconnect()
  }
}
