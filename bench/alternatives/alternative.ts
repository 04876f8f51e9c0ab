import type { ChildProcess } from 'node:child_process'
import { findRedis, type Persistence } from '../../test/servers/redis.ts'
import type { Server } from '../../test/servers/server.ts'
import { heard, startChild, stopChild } from '../children.ts'
import type { WayIn } from '../way-in.ts'

const SECRET = 'a-secret-for-the-benchmark-only-0123456789'

/** Express and BullMQ in a process of their own, with a Redis of their own. */
export class Alternative {
  /** The Redis and how it keeps what it is told. */
  readonly about: string
  readonly wayIn: WayIn
  readonly #redis: Server
  readonly #child: ChildProcess

  private constructor(redis: Server, child: ChildProcess, port: number) {
    this.about = redis.about
    this.wayIn = { port, paths: ['/'], secret: SECRET }
    this.#redis = redis
    this.#child = child
  }

  static async start(persistence: Persistence): Promise<Alternative> {
    const redis = await findRedis(persistence)
    const env = { NODE_ENV: 'production' }
    const child = startChild('alternatives/express-bullmq', [redis.url, SECRET], env)
    const { ready } = await heard<{ ready: number }>(child)
    return new Alternative(redis, child, ready)
  }

  async stop(): Promise<void> {
    await stopChild(this.#child)
    await this.#redis.stop()
  }
}
