/**
 * A Redis of a test's own, without persistence, which can be ended, frozen and started again on the same port, empty.
 * From the program, which is installed where it is missing: a container could not be restarted so.
 */
import { freePort, type Running, startProgram } from './child.ts'
import { fromDebian } from './debian.ts'
import { FLAGS, READY } from './redis.ts'
import { type Server, WhyNot } from './server.ts'

export class OwnRedis implements Server {
  readonly url: string
  readonly about: string
  readonly #args: readonly string[]
  #running: Running | null

  private constructor(port: number, args: readonly string[], running: Running) {
    this.#args = args
    this.#running = running
    this.url = `redis://127.0.0.1:${port}`
    this.about = `Redis started here with ${args.join(' ')}`
  }

  /** @param settings such as `--maxmemory-policy allkeys-lru` @throws Error that says why there is none */
  static async start(settings: readonly string[] = []): Promise<OwnRedis> {
    const port = await freePort()
    const args = ['--port', String(port), '--bind', '127.0.0.1', ...FLAGS.none, ...settings]
    const first = await run(args)
    if (!(first instanceof WhyNot)) return new OwnRedis(port, args, first)
    await fromDebian('redis-server', async () => new WhyNot('it is only installed'))
    return new OwnRedis(port, args, need(await run(args)))
  }

  /** What it knew is gone. */
  async halt(): Promise<void> {
    await this.#running?.stop('SIGKILL')
    this.#running = null
  }

  /** After `halt`: empty, on the same port. */
  async resume(): Promise<void> {
    this.#running = need(await run(this.#args))
  }

  /** Its connections stay, new ones are taken by the system, and nothing is answered until `thaw`. */
  freeze(): void {
    this.#signal('SIGSTOP')
  }

  thaw(): void {
    this.#signal('SIGCONT')
  }

  stop(): Promise<void> {
    return this.halt()
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#running === null) throw new Error('this Redis does not run')
    process.kill(this.#running.pid, signal)
  }
}

function run(args: readonly string[]): Promise<Running | WhyNot> {
  return startProgram('redis-server', args, READY)
}

function need<T>(found: T | WhyNot): T {
  if (found instanceof WhyNot) throw new Error(`There is no Redis of our own: ${found.reason}`)
  return found
}
