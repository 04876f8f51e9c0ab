/**
 * A PostgreSQL: the one whose URL the environment names, else one that is started here, on a free port of the loopback,
 * with a data folder of its own, from the programs, from a container or from Debian's package. Durable as in
 * production, unless `HASTY` is asked for: fsync is on.
 */
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort, type Running, runProgram, startProgram, type User } from './child.ts'
import { fromDebian } from './debian.ts'
import { findServer, type Server, type Way, WhyNot } from './server.ts'

const VARIABLES = ['POSTHORN_TEST_DATABASE_URL', 'POSTHORN_DATABASE_URL', 'DATABASE_URL'] as const
export const READY = /database system is ready to accept connections/
const IMAGE = 'postgres:15-alpine'
/** Debian has them out of the PATH, one folder a version. */
const DEBIAN = '/usr/lib/postgresql'
/** Said to the server when it is started: what `pg_stat_statements` counts is a measure of ours. */
export const SETTINGS = ['max_connections=200', 'shared_buffers=128MB', 'unix_socket_directories=']

/**
 * For tests that make tables by the hundred: the suite for stores takes half the time. What PostgreSQL has said is written
 * then outlives the end of its processes, as always, but not that of the machine, which no test brings about.
 */
export const HASTY = ['fsync=off']

/** @throws Error that says what was tried and why it led to none */
export function findPostgres(
  env: NodeJS.ProcessEnv = process.env,
  settings: readonly string[] = [],
): Promise<Server> {
  return findServer('PostgreSQL', postgresWays(env, settings))
}

export function postgresWays(env: NodeJS.ProcessEnv, settings: readonly string[] = []): Way[] {
  const programs = () => fromPrograms(settings)
  return [
    ...VARIABLES.map((name) => ({ name, find: () => fromUrl(env[name]) })),
    { name: 'initdb and postgres on the PATH or in /usr/lib/postgresql', find: programs },
    { name: `docker run ${IMAGE}`, find: () => fromDocker(settings) },
    { name: 'apt-get install postgresql', find: () => fromDebian('postgresql', programs) },
  ]
}

async function fromUrl(url: string | undefined): Promise<Server | WhyNot> {
  if (url === undefined || url === '') return new WhyNot('it is not set')
  return { url, about: `PostgreSQL ${await version(url)} of the environment`, stop: async () => {} }
}

async function fromPrograms(settings: readonly string[]): Promise<Server | WhyNot> {
  const folder = await binaries()
  if (folder instanceof WhyNot) return folder
  const as = serverUser()
  if (as instanceof WhyNot) return as
  const data = await mkdtemp(join(tmpdir(), 'posthorn-postgres-'))
  const clear = () => rm(data, { recursive: true, force: true })
  if (as.uid !== undefined && as.gid !== undefined) await chown(data, as.uid, as.gid)
  const made = runProgram(
    join(folder, 'initdb'),
    ['--pgdata', data, '--auth', 'trust', '--username', 'postgres', '--encoding', 'UTF8', '--no-sync'],
    process.env,
    as,
  )
  if (made instanceof WhyNot) {
    await clear()
    return made
  }
  const port = await freePort()
  const flags = [...SETTINGS, ...settings].flatMap((setting) => ['-c', setting])
  const place = ['-D', data, '-p', String(port), '-h', '127.0.0.1']
  const running = await startProgram(join(folder, 'postgres'), [...place, ...flags], READY, as)
  if (!(running instanceof WhyNot)) return started(running, port, 'started here', clear)
  await clear()
  return running
}

/** Where `initdb` is: '' when it is on the PATH. */
export async function binaries(): Promise<string | WhyNot> {
  if (!(runProgram('initdb', ['--version']) instanceof WhyNot)) return ''
  const versions = (await readdir(DEBIAN).catch(() => [])).sort((a, b) => Number(b) - Number(a))
  for (const one of versions) {
    const folder = join(DEBIAN, one, 'bin')
    if (!(runProgram(join(folder, 'initdb'), ['--version']) instanceof WhyNot)) return folder
  }
  return new WhyNot('there is no initdb')
}

/** PostgreSQL does not run as root: Debian's package has made a user for it, else nobody's is as good. */
export function serverUser(): User | WhyNot {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody']) {
    const uid = runProgram('id', ['-u', name])
    const gid = runProgram('id', ['-g', name])
    if (!(uid instanceof WhyNot) && !(gid instanceof WhyNot)) return { uid: Number(uid), gid: Number(gid) }
  }
  return new WhyNot('it does not run as root, and there is no other user')
}

async function fromDocker(settings: readonly string[]): Promise<Server | WhyNot> {
  const port = await freePort()
  const publish = ['--publish', `127.0.0.1:${port}:5432`, '--env', 'POSTGRES_HOST_AUTH_METHOD=trust']
  const flags = ['max_connections=200', ...settings].flatMap((setting) => ['-c', setting])
  // The first ready one is for the setup of the image only.
  const ready = /init process complete[\s\S]*database system is ready to accept connections/
  const running = await startProgram('docker', ['run', '--rm', ...publish, IMAGE, ...flags], ready)
  if (running instanceof WhyNot) return running
  return started(running, port, 'in a container', async () => {})
}

async function started(
  running: Running,
  port: number,
  how: string,
  clear: () => Promise<void>,
): Promise<Server> {
  const stop = async () => {
    await running.stop()
    await clear()
  }
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const found = await version(url).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { url, about: `PostgreSQL ${found} ${how}`, stop }
}

/** @throws Error when it cannot be reached or does not let us in */
export async function version(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 })
  await client.connect()
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return rows[0]?.server_version ?? 'of unknown version'
  } finally {
    await client.end()
  }
}
