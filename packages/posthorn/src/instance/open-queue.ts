import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Queue } from '../ports/queue.ts'
import type { Signals } from '../ports/signals.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { bullmqDashboard } from '../queue/bullmq/dashboard.ts'
import { StoreQueue } from '../queue/store/store-queue.ts'

export interface QueueOptions {
  /** `redis://USER:PASSWORD@HOST:PORT/NUMBER`: wake workers through BullMQ on Redis. Default: the store is the queue. */
  readonly redisUrl?: string
  /** Stands before each key in Redis: one of its own for each database. Default `posthorn`. */
  readonly redisPrefix?: string
  /** A queue of another kind, which passes `testQueue` of `posthorn/testing`; it is stopped with the instance. */
  readonly queue?: Queue
}

export interface OpenedQueue {
  readonly queue: Queue
  /** It is on a server, which may forget what it was told. */
  readonly forgets: boolean
  /** Pages about it, to be served at a path. */
  readonly dashboard: ((path: string) => ReturnType<typeof bullmqDashboard>) | null
}

export interface QueueParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly telemetry: Telemetry
  readonly signals: Signals | undefined
}

/** @throws PosthornError config_invalid */
export async function openQueue(options: QueueOptions, parts: QueueParts): Promise<OpenedQueue> {
  const { clock, logger, telemetry, signals } = parts
  const { queue, redisUrl: url, redisPrefix: prefix } = options
  if (queue !== undefined) return { queue, forgets: true, dashboard: null }
  const storeQueue = new StoreQueue({ clock, ...(signals === undefined ? {} : { signals }) })
  if (url === undefined) return { queue: storeQueue, forgets: false, dashboard: null }
  // Only now: a start without Redis must not pay for loading its client.
  const { BullmqQueue } = await import('../queue/bullmq/bullmq-queue.ts')
  const rest = { clock, logger, telemetry, ...(prefix === undefined ? {} : { prefix }) }
  const bullmq = await BullmqQueue.open({ url, ...rest, meanwhile: storeQueue })
  const { bullmqDashboard } = await import('../queue/bullmq/dashboard.ts')
  return { queue: bullmq, forgets: true, dashboard: (path) => bullmqDashboard(bullmq, path) }
}
