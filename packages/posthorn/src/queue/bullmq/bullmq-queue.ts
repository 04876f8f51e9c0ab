import { type Job, Queue as JobQueue, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { TargetId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Queue, Wake, WakeUp } from '../../ports/queue.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { Early } from '../early.ts'
import { Outbox, type Outgoing } from '../outbox.ts'
import { Trouble } from '../trouble.ts'
import { announcingClient, checkRedis, checkRedisUrl, firstContact, workingClient } from './redis.ts'

export interface BullmqOptions {
  /** `redis://USER:PASSWORD@HOST:PORT/NUMBER`; `rediss://` with TLS */
  readonly url: string
  /** Stands before each key; a name of its own for each store that shares a Redis. @default 'posthorn' */
  readonly prefix?: string
  /** Told what is announced while Redis is away or fails; started and stopped with this one. */
  readonly meanwhile?: Queue
  readonly clock: Clock
  readonly logger: Logger
  readonly telemetry: Telemetry
}

/** What a job says: the lane to look at (null: some lane), and when; epoch ms. */
interface Look {
  readonly lane: TargetId | null
  readonly at: number
}

type LookJob = Job<Look>

export const REDIS_PREFIX = 'posthorn'
const NAME = 'wake-ups'
/** For people, on the dashboard: the record of what was attempted is in the store. */
const KEPT = { count: 1_000 }
/** A lane may be announced again by then even if a process died with its job in hands. */
const TAKEN_MS = 5_000
const RETRY_MS = 1_000
/** Longer than this a stop does not wait for a Redis that does not answer. */
const CLOSE_MS = 2_000

/**
 * Jobs of BullMQ as wake-ups, each for one process. They are few: while one for a lane waits, no second one is added for
 * it, and of those for later there is one a lane and time. Redis may lose all of them, or be away: nothing is kept for
 * it then.
 */
export class BullmqQueue implements Queue {
  readonly #options: BullmqOptions
  readonly #redis: Redis
  readonly #jobs: JobQueue<Look>
  readonly #outbox: Outbox
  readonly #early: Early
  readonly #trouble: Trouble
  #working: { readonly worker: Worker<Look>; readonly redis: Redis } | null = null
  #usable = false
  #stopped: Promise<void> | null = null

  private constructor(options: BullmqOptions, redis: Redis) {
    const { clock, telemetry } = options
    this.#options = options
    this.#redis = redis
    this.#trouble = new Trouble({ queue: 'redis', clock, telemetry })
    this.#early = new Early(clock)
    this.#outbox = new Outbox({
      clock,
      send: (batch) => this.#send(batch),
      failed: (error, batch) => {
        this.#trouble.failed(error)
        options.meanwhile?.announce(batch)
      },
    })
    this.#jobs = new JobQueue(NAME, {
      connection: redis,
      prefix: keyPrefix(options),
      skipVersionCheck: true,
      // What happens is told by our own telemetry; these entries only fill Redis.
      streams: { events: { maxLen: 100 } },
    })
    this.#jobs.on('error', (error) => this.#refused(error))
  }

  /**
   * Resolves also while Redis is away.
   * @throws PosthornError config_invalid for a URL that is none, a Redis that refuses this process or is too old
   */
  static async open(options: BullmqOptions): Promise<BullmqQueue> {
    checkRedisUrl(options.url)
    const redis = announcingClient(options.url)
    // Before the first contact, so that nothing of it is printed by the client itself.
    redis.on('error', () => undefined)
    let away: unknown
    try {
      away = await firstContact(redis, options.logger)
    } catch (error) {
      redis.disconnect()
      throw error
    }
    const queue = new BullmqQueue(options, redis)
    redis.on('error', (error) => queue.#lost(error))
    redis.on('close', () => queue.#lost('the connection was closed'))
    redis.on('ready', () => void queue.#found())
    if (away === null) queue.#usable = true
    else queue.#lost(away)
    return queue
  }

  /** For the dashboard. */
  get jobs(): JobQueue<Look> {
    return this.#jobs
  }

  announce(wakeUps: readonly WakeUp[]): void {
    if (this.#usable) this.#outbox.add(wakeUps)
    // Also while it is full, or takes everything and says nothing.
    if (!this.#usable || this.#trouble.lasts) this.#options.meanwhile?.announce(wakeUps)
  }

  async start(wake: Wake | null): Promise<void> {
    await this.#options.meanwhile?.start(wake)
    if (wake === null || this.#working !== null || this.#stopped !== null) return
    const redis = workingClient(this.#options.url)
    redis.on('error', () => undefined)
    const worker = new Worker<Look>(NAME, async () => undefined, {
      connection: redis,
      prefix: keyPrefix(this.#options),
      // One at a time: others get the next one.
      concurrency: 1,
      removeOnComplete: KEPT,
      removeOnFail: KEPT,
      // All that an idle process asks of Redis: is there something, and this long to wait for it; s.
      drainDelay: 10,
      // After a failure; the default of 15 s is as long as a stop may wait in vain, too.
      runRetryDelay: RETRY_MS,
    })
    worker.on('error', (error) => this.#refused(error))
    // Not within the job: what is announced between the look and the job's end would be taken for announced twice.
    worker.on('completed', (job: LookJob) => this.#looked(job, wake))
    this.#working = { worker, redis }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  #looked({ data }: LookJob, wake: Wake): void {
    if (this.#stopped === null) this.#early.pass({ targetId: data.lane, at: data.at }, wake)
  }

  async #send(batch: readonly Outgoing[]): Promise<void> {
    const now = this.#options.clock.now()
    await this.#jobs.addBulk(batch.map((outgoing) => jobOf(outgoing, now)))
    this.#trouble.answers()
  }

  #lost(why: unknown): void {
    this.#usable = false
    if (this.#stopped === null) this.#trouble.failed(why)
  }

  /** That a connection is lost is told by one of them, ours. */
  #refused(error: Error): void {
    if (error.name === 'ReplyError') this.#trouble.failed(error)
  }

  async #found(): Promise<void> {
    try {
      // It may be another one now.
      await checkRedis(this.#redis, this.#options.logger)
      this.#usable = this.#stopped === null
      this.#trouble.answers()
    } catch (error) {
      this.#trouble.failed(error)
    }
  }

  async #stop(): Promise<void> {
    this.#usable = false
    await this.#options.meanwhile?.stop()
    this.#outbox.stop()
    this.#early.stop()
    const working = this.#working
    const closed = Promise.all([working?.worker.close(), this.#jobs.close()]).catch(() => undefined)
    await this.#within(CLOSE_MS, closed)
    this.#redis.disconnect()
    if (working === null) return
    // A second time, by force: what still waits for an answer of Redis is given up.
    await this.#within(
      CLOSE_MS,
      working.worker.disconnect().catch(() => undefined),
    )
    working.redis.disconnect()
  }

  async #within(ms: number, done: Promise<unknown>): Promise<void> {
    const late = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(ms, () => late.resolve())
    await Promise.race([done, late.promise])
    timer.cancel()
  }
}

function jobOf({ targetId, at, now }: Outgoing, time: number) {
  const lane = targetId ?? 'some lane'
  const data: Look = { lane: targetId, at }
  // Without a colon, which separates the parts of BullMQ's keys.
  const opts = now
    ? { deduplication: { id: `${lane}@${Math.floor(time / TAKEN_MS)}` } }
    : { jobId: `${lane}@${at}`, delay: at - time }
  return { name: lane, data, opts: { ...opts, timestamp: time } }
}

/** In braces: with them all keys are in one slot of a Redis cluster. */
function keyPrefix({ prefix = REDIS_PREFIX }: BullmqOptions): string {
  return `{${prefix}}`
}
