import { Redis, type RedisOptions } from 'ioredis'
import { PosthornError } from '../../domain/error.ts'
import { isRedisUrl } from '../../domain/redis-url.ts'
import type { Logger } from '../../ports/logger.ts'
import { reasonOf } from '../trouble.ts'

/** The first with all that BullMQ's scripts use. */
const OLDEST = [6, 2] as const
const CONNECT_MS = 5_000
const RECONNECT_MS = 1_000
/** What the server does not answer by then is given up: a server that hangs must not hold what is announced. */
const COMMAND_MS = 5_000
const REFUSED = /^(?:WRONGPASS|NOAUTH|NOPERM|DENIED|ERR (?:invalid password|invalid DB|DB index|AUTH))/i

/** For what must not wait while Redis is away: commands fail then. Connects when it is told to. */
export function announcingClient(url: string): Redis {
  return client(url, { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: COMMAND_MS })
}

/** For a BullMQ worker, which waits until Redis is back, but gives up when it is the one to connect and cannot. */
export function workingClient(url: string): Redis {
  return client(url, { maxRetriesPerRequest: null, lazyConnect: false })
}

function client(url: string, options: Omit<RedisOptions, 'replyMapping'>): Redis {
  return new Redis(url, {
    ...{ lazyConnect: true, connectTimeout: CONNECT_MS, family: 0, connectionName: 'posthorn' },
    // Of a connection whose other side does not close it too.
    disconnectTimeout: 200,
    // The older protocol, so that a Redis that is too old can say so itself.
    ...{ protocol: 2, retryStrategy: () => RECONNECT_MS, ...options },
  })
}

/**
 * Whether a Redis that answers can carry the queue.
 * @throws PosthornError config_invalid when it is too old
 */
export async function checkRedis(redis: Redis, logger: Logger): Promise<void> {
  const server = await redis.info('server')
  const version = field(server, 'redis_version') ?? '0'
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw new PosthornError(
      'config_invalid',
      `Redis ${version} is too old for the queue: give --redis-url one of version ${OLDEST.join('.')} or newer, or leave it out.`,
    )
  const policy = field(await redis.info('memory'), 'maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction')
    logger.warn(
      'Redis drops keys when its memory is full: set its maxmemory-policy to noeviction. Nothing is lost, since the store has it all, but wake-ups come late.',
      { maxmemory_policy: policy },
    )
}

/**
 * Connects for the first time.
 * @returns why not, when it cannot be reached: it may come back
 * @throws PosthornError config_invalid when it answers, and refuses this process or is too old
 */
export async function firstContact(redis: Redis, logger: Logger): Promise<unknown> {
  const refusals: unknown[] = []
  // A wrong password is no reason for the client not to go on, as the user that needs none.
  const hear = (error: unknown) => refusals.push(error)
  redis.on('error', hear)
  const failure = await contact(redis, logger)
  redis.off('error', hear)
  const refusal = [...refusals, failure].find((error) => REFUSED.test(reasonOf(error)))
  if (refusal === undefined) return failure
  throw new PosthornError(
    'config_invalid',
    `Redis refuses this process: ${reasonOf(refusal)}. Check the user, the password and the database number of --redis-url (POSTHORN_REDIS_URL).`,
  )
}

async function contact(redis: Redis, logger: Logger): Promise<unknown> {
  try {
    await redis.connect()
    await checkRedis(redis, logger)
    return null
  } catch (error) {
    if (error instanceof PosthornError) throw error
    return error
  }
}

/** @throws PosthornError config_invalid */
export function checkRedisUrl(url: string): void {
  if (!isRedisUrl(url))
    throw new PosthornError(
      'config_invalid',
      'The Redis URL (--redis-url, POSTHORN_REDIS_URL) must be redis://USER:PASSWORD@HOST:PORT/NUMBER, or rediss:// with TLS, with special characters of the password percent-encoded.',
    )
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1]
}
