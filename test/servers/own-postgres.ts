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
  /** What is written ahead, where that is another folder. */
  readonly log: string | null
  readonly port: number
  readonly as: User
  readonly settings: readonly string[]
}

export interface OwnPlace {
  /** Where its data folder is made. @default the folder of the system for such */
  readonly folder?: string
  /** false: what is written ahead goes into another folder, on the usual disk. @default true */
  readonly wholly?: boolean
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
  static async start(settings: readonly string[] = [], place: OwnPlace = {}): Promise<OwnPostgres> {
    const folder = need(await programs())
    const as = need(serverUser())
    const data = await newFolder(place.folder ?? tmpdir(), as)
    const log = place.wholly === false ? await newFolder(tmpdir(), as) : null
    const flags = ['--auth', 'trust', '--username', 'postgres', '--encoding', 'UTF8', '--no-sync']
    const apart = log === null ? [] : ['--waldir', log]
    need(runProgram(join(folder, 'initdb'), ['--pgdata', data, ...flags, ...apart], process.env, as))
    const made = { folder, data, log, port: await freePort(), as, settings }
    return new OwnPostgres(made, need(await run(made)))
  }

  /** `fast`: what runs is ended. `kill`: as by a crash, what is not on disk is lost. */
  async halt(how: 'fast' | 'kill' = 'fast'): Promise<void> {
    await this.#running?.stop(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    this.#running = null
  }

  /** After `halt`, or after it has ended by itself. */
  async resume(): Promise<void> {
    this.#running = need(await run(this.#place))
  }

  async stop(): Promise<void> {
    await this.halt()
    const { data, log } = this.#place
    for (const folder of [data, ...(log === null ? [] : [log])])
      await rm(folder, { recursive: true, force: true })
  }
}

async function newFolder(parent: string, as: User): Promise<string> {
  const folder = await mkdtemp(join(parent, 'posthorn-postgres-'))
  if (as.uid !== undefined && as.gid !== undefined) await chown(folder, as.uid, as.gid)
  return folder
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
