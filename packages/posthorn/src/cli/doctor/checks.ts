import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import { PosthornApiError } from '../../client/error.ts'
import type { ServerConfig } from '../config/options.ts'
import { type ConnectionFlags, clientFor, DEFAULT_URL } from '../connection.ts'
import type { Context } from '../context.ts'
import { spanText } from '../text/time.ts'

export interface Check {
  readonly name: string
  /** note: worth knowing, nothing to repair. */
  readonly verdict: 'good' | 'note' | 'bad'
  readonly detail: string
}

const NODE_MAJOR = 24
const FREE_BYTES = 1e9
/** Standard Webhooks and most providers refuse time stamps that are five minutes off; a fifth of it is a warning. */
const SKEW_MS = 60_000

/** What can be seen without a server. */
export async function* localChecks(config: ServerConfig): AsyncGenerator<Check> {
  yield nodeCheck(process.versions.node)
  yield* folderChecks(config.dataDir)
  yield await portCheck(config)
}

export function nodeCheck(version: string): Check {
  const good = Number(version.split('.')[0]) >= NODE_MAJOR
  const detail = good ? version : `${version} is too old, it must be ${NODE_MAJOR} or newer`
  return { name: 'node', verdict: good ? 'good' : 'bad', detail }
}

async function* folderChecks(dataDir: string): AsyncGenerator<Check> {
  const name = 'data folder'
  const path = resolve(dataDir)
  const found = await stat(path).catch(() => null)
  if (found !== null && !found.isDirectory())
    return yield { name, verdict: 'bad', detail: `${path} is a file, not a folder` }
  const looked = found === null ? await nearestFolder(path) : path
  const writable = await access(looked, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!writable) return yield { name, verdict: 'bad', detail: `${looked} cannot be written by this user` }
  yield { name, verdict: 'good', detail: found === null ? `${path} will be made` : `${path} can be written` }
  if (found !== null && (found.mode & 0o007) !== 0)
    yield { name, verdict: 'note', detail: `${path} is open to other users of the machine: chmod 700` }
  const { bavail, bsize } = await statfs(looked)
  const free = bavail * bsize
  const verdict = free < FREE_BYTES ? 'note' : 'good'
  yield { name: 'disk', verdict, detail: `${(free / 1e9).toFixed(1)} GB free` }
}

async function nearestFolder(path: string): Promise<string> {
  const parent = dirname(path)
  if (parent === path) return path
  return (await stat(parent).catch(() => null)) === null ? await nearestFolder(parent) : parent
}

function portCheck({ host, port }: ServerConfig): Promise<Check> {
  const name = 'port'
  return new Promise((done) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE'
      const detail = taken
        ? `${host}:${port} is taken: by Posthorn, if the server below is there`
        : error.message
      done({ name, verdict: taken ? 'note' : 'bad', detail })
    })
    probe.listen(port, host, () => {
      probe.close(() => done({ name, verdict: 'good', detail: `${host}:${port} is free` }))
    })
  })
}

/** What a server says, if there is one. */
export async function* serverChecks(flags: ConnectionFlags, { env, clock }: Context): AsyncGenerator<Check> {
  const url = flags.url ?? (env.POSTHORN_URL || DEFAULT_URL)
  const key = flags.key ?? (env.POSTHORN_KEY || undefined)
  const client = clientFor(url, key, flags.tenant ?? (env.POSTHORN_TENANT || undefined))
  const asked = flags.url !== undefined || Boolean(env.POSTHORN_URL)
  const skew = { ms: 0 }
  try {
    const before = clock.now()
    const response = await fetch(new URL('healthz', url.endsWith('/') ? url : `${url}/`), {
      redirect: 'manual',
    })
    await response.body?.cancel()
    const date = new Date(response.headers.get('date') ?? '').getTime()
    if (!Number.isNaN(date)) skew.ms = date - before
    const { version } = await client.call('health')
    yield { name: 'server', verdict: 'good', detail: `Posthorn ${version} at ${url}` }
  } catch (error) {
    return yield { name: 'server', verdict: asked ? 'bad' : 'note', detail: detailOf(error, url) }
  }
  yield clockCheck(skew.ms)
  yield await tried('ready', async () => {
    await client.call('readiness')
    return 'able to store and to deliver'
  })
  if (key === undefined)
    return yield { name: 'key', verdict: 'note', detail: 'none given: set POSTHORN_KEY to check it' }
  yield await tried('key', async () => {
    await client.call('listEvents', { query: { limit: 1 } })
    return 'the server takes it'
  })
}

/** The HTTP date has whole seconds. */
function clockCheck(skewMs: number): Check {
  const off = Math.abs(skewMs) > SKEW_MS
  const detail = off
    ? `this machine and the server are ${spanText(Math.abs(skewMs))} apart: receivers will refuse signatures`
    : 'this machine and the server agree'
  return { name: 'clock', verdict: off ? 'bad' : 'good', detail }
}

async function tried(name: string, attempt: () => Promise<string>): Promise<Check> {
  try {
    return { name, verdict: 'good', detail: await attempt() }
  } catch (error) {
    // A key that may only publish may not list; the server knows it all the same.
    if (name === 'key' && error instanceof PosthornApiError && error.status === 403)
      return { name, verdict: 'note', detail: `the server takes it, but it may not read: ${error.detail}` }
    return { name, verdict: 'bad', detail: error instanceof Error ? error.message : String(error) }
  }
}

function detailOf(error: unknown, url: string): string {
  if (error instanceof PosthornApiError) return error.detail
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
  return `none at ${url}: ${cause}`
}
