/**
 * @module posthorn/rabbitmq
 * A queue on RabbitMQ for an application that has one already: it wakes workers, and may forget everything.
 *
 * @example
 * const queue = await openRabbitmqQueue({ url: 'amqp://localhost' })
 * const posthorn = await createPosthorn({ databaseUrl, secretKey, queue })
 */
import type { Logger } from '../ports/logger.ts'
import type { Queue } from '../ports/queue.ts'
import { RabbitmqQueue } from '../queue/rabbitmq/rabbitmq-queue.ts'
import { systemClock } from '../system/clock.ts'
import { createLogger } from '../system/logger.ts'

export interface RabbitmqQueueOptions {
  /** `amqp://USER:PASSWORD@HOST:PORT/VHOST`; `amqps://` with TLS */
  readonly url: string
  /** Begins the name of each queue there: one of its own for each database. Default `posthorn`. */
  readonly prefix?: string
  /** Told when RabbitMQ does not answer, and when it does again. Default: JSON lines on stderr. */
  readonly logger?: Logger
}

/**
 * Resolves also while RabbitMQ is away: it is used as soon as it answers. Stopped with the instance that it is given to.
 * @throws PosthornError `config_invalid` for a URL that is none, and a RabbitMQ that refuses this process
 */
export function openRabbitmqQueue(options: RabbitmqQueueOptions): Promise<Queue> {
  const { url, prefix, logger = createLogger() } = options
  return RabbitmqQueue.open({
    url,
    ...(prefix === undefined ? {} : { prefix }),
    clock: systemClock,
    telemetry: { record: ({ name, ...fields }) => logger.warn(name, fields) },
  })
}
