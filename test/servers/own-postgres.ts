/**
 * A PostgreSQL of a test's own, with settings of its own, which can be stopped, killed and started again on the same data
 * and the same port. From the programs, which are installed where they are missing: a container could not be restarted so.
 */
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, type Running, runProgram, startProgram, type User } from './child.ts'
import { fromDebian } from './debian.ts'
import { binaries, READY, SETTINGS, serverUser } from './postgres.ts'
import { type Server, WhyNot } from './server.ts'

interface Place {
  readonly folder: string
  readonly data: string
  readonly port: number
  readonly as: User
  readonly settings: readonly string[]
}

export class OwnPostgres implements Server {
  readonly url: string
  readonly about: string
  readonly #place: Place
  #running: Running | null

  private constructor(place: Place, running: Running) {
    this.#place = place
    this.#running = running
    this.url = `postgres://postgres@127.0.0.1:${place.port}/postgres`
    this.about = `PostgreSQL started here with ${place.settings.join(', ') || 'the usual settings'}`
  }

  /** @param settings such as `fsync=off` @throws Error that says why there is none */
  static async start(settings: readonly string[] = []): Promise<OwnPostgres> {
    const folder = need(await programs())
    const as = need(serverUser())
    const data = await mkdtemp(join(tmpdir(), 'posthorn-postgres-'))
    if (as.uid !== undefined && as.gid !== undefined) await chown(data, as.uid, as.gid)
    const flags = ['--auth', 'trust', '--username', 'postgres', '--encoding', 'UTF8', '--no-sync']
    need(runProgram(join(folder, 'initdb'), ['--pgdata', data, ...flags], process.env, as))
    const place = { folder, data, port: await freePort(), as, settings }
    return new OwnPostgres(place, need(await run(place)))
  }

  /** `fast`: what runs is ended. `kill`: as by a crash, what is not on disk is lost. */
  async halt(how: 'fast' | 'kill' = 'fast'): Promise<void> {
    await this.#running?.stop(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    this.#running = null
  }

  /** After `halt`. */
  async resume(): Promise<void> {
    this.#running = need(await run(this.#place))
  }

  async stop(): Promise<void> {
    await this.halt()
    await rm(this.#place.data, { recursive: true, force: true })
  }
}

async function run({ folder, data, port, as, settings }: Place): Promise<Running | WhyNot> {
  const flags = [...SETTINGS, ...settings].flatMap((setting) => ['-c', setting])
  const where = ['-D', data, '-p', String(port), '-h', '127.0.0.1']
  return startProgram(join(folder, 'postgres'), [...where, ...flags], READY, as)
}

async function programs(): Promise<string | WhyNot> {
  const found = await binaries()
  if (!(found instanceof WhyNot)) return found
  await fromDebian('postgresql', async () => new WhyNot('it is only installed'))
  return binaries()
}

function need<T>(found: T | WhyNot): T {
  if (found instanceof WhyNot) throw new Error(`There is no PostgreSQL of our own: ${found.reason}`)
  return found
}
