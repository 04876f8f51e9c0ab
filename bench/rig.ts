/** A server, a target and a generator as processes of their own, and what is asked of them. */
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asked, heard, startChild, stopChild } from './children.ts'
import { Generator } from './generator.ts'
import type { LoadOrder, LoadResult } from './processes/load.ts'
import type { ServerReady } from './processes/server.ts'
import type { WayIn } from './way-in.ts'

export type StoreKind = 'none' | 'sqlite' | 'sqlite-inline' | 'postgres' | 'postgres-bullmq'

const KEY = 'a-key-for-the-benchmark-only-0123456789'
const API = '/api/v1/webhooks'
/** Nothing here takes longer; what does is stuck, and is told instead of waited for. */
const LONGEST_MS = 120_000
let made = 0

/** Where a store is: a folder for SQLite, a schema for PostgreSQL. */
export interface Place {
  readonly dataDir: string
  readonly schema: string
  /** Where deliveries may go. */
  readonly targetUrl: string
}

export interface RigOptions {
  /** What came in is to be delivered, and waits: a delivery is stored with each event of `application`. */
  readonly queueing?: boolean
  /** Processes that deliver, beside the one that accepts; default 0: that one does both. */
  readonly workers?: number
  /** Of the first process; default: as `workers` says. */
  readonly role?: 'all' | 'api' | 'worker'
  /** Fills the store before anybody opens it. */
  readonly prepare?: (place: Place) => Promise<void>
  /** Where PostgreSQL (`PGURL`) and Redis (`REDISURL`) are; default: as the environment says. */
  readonly env?: NodeJS.ProcessEnv
}

export class Rig {
  readonly #server: ChildProcess
  readonly #workers: readonly ChildProcess[]
  readonly #target: ChildProcess
  readonly #generator: Generator
  readonly #dataDir: string
  readonly #apiPort: number
  readonly #ready: ServerReady
  readonly targetUrl: string

  /** Where the console is. */
  get url(): string {
    return this.#ready.url
  }

  private constructor(parts: {
    server: ChildProcess
    workers: readonly ChildProcess[]
    target: ChildProcess
    generator: Generator
    dataDir: string
    ready: ServerReady
    targetPort: number
  }) {
    this.#server = parts.server
    this.#workers = parts.workers
    this.#target = parts.target
    this.#generator = parts.generator
    this.#dataDir = parts.dataDir
    this.#ready = parts.ready
    this.#apiPort = Number(new URL(parts.ready.url).port)
    this.targetUrl = urlOf(parts.targetPort)
  }

  static async start(store: StoreKind, options: RigOptions = {}): Promise<Rig> {
    const { queueing = false, workers: count = 0, env = {}, role = count === 0 ? 'all' : 'api' } = options
    const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-bench-'))
    const target = startChild('processes/target', [])
    const [{ ready: targetPort }, generator] = await Promise.all([
      heard<{ ready: number }>(target),
      Generator.start(),
    ])
    const kind = queueing ? 'queueing' : 'storing'
    const schema = `bench_${process.pid}_${++made}`
    await options.prepare?.({ dataDir, schema, targetUrl: urlOf(targetPort) })
    const shared = { ...env, BENCH_SCHEMA: schema }
    const begin = (role: string) =>
      startChild('processes/server', [store, dataDir, KEY, kind], {
        ...shared,
        BENCH_ROLE: role,
      })
    const server = begin(role)
    const ready = await heard<ServerReady>(server)
    const workers = Array.from({ length: count }, () => begin('worker'))
    for (const worker of workers) await heard<ServerReady>(worker)
    return new Rig({ server, workers, target, generator, dataDir, ready, targetPort })
  }

  async stop(): Promise<void> {
    await this.#generator.stop()
    await stopChild(this.#target)
    for (const one of [this.#server, ...this.#workers]) await stopChild(one)
    await rm(this.#dataDir, { recursive: true, force: true })
  }

  /** One subscription a type. @returns the types */
  async subscribe(
    count: number,
    url: string,
    settings: Record<string, unknown> = {},
    prefix = 'bench',
  ): Promise<string[]> {
    const types = Array.from({ length: count }, (_, index) => `${prefix}.type_${index}`)
    for (const type of types)
      await this.#call('POST', '/subscriptions', { name: type, url, events: [type], ...settings })
    return types
  }

  async publish(
    order: Pick<LoadOrder, 'requests' | 'connections' | 'rate' | 'eventTypes' | 'tenants'>,
  ): Promise<LoadResult> {
    const headers = { authorization: `Bearer ${KEY}` }
    const rest = { headers, size: 1024, kind: 'publish', expect: [202] } as const
    return this.#generator.run({ ...order, ...rest, port: this.#apiPort, paths: [`${API}/events`] })
  }

  /** The source in an application, on `node:http`. */
  get application(): WayIn {
    return { port: this.#ready.inboundPort, paths: ['/'], secret: KEY }
  }

  /** So many sources of the gateway, created over the API. */
  async gateway(count: number): Promise<WayIn> {
    const paths: string[] = []
    for (let at = 0; at < count; at++) {
      const source = { slug: `bench-${at}`, provider: 'github', secrets: [KEY] }
      const created = (await this.#call('POST', '/sources', source)) as { ingest_url: string }
      paths.push(new URL(created.ingest_url).pathname)
    }
    return { port: this.#apiPort, paths, secret: KEY }
  }

  inbound(order: Pick<LoadOrder, 'requests' | 'connections' | 'rate'>): Promise<LoadResult> {
    return this.#generator.receive(this.application, order)
  }

  /** Requests that the target has seen. */
  async received(): Promise<number> {
    return (await asked<{ count: number }>(this.#target, 'count')).count
  }

  /** Milliseconds from publish to the request's arrival at the target, since the last call. */
  async latencies(): Promise<number[]> {
    return (await asked<{ latencies: number[] }>(this.#target, 'latencies')).latencies
  }

  async untilReceived(count: number): Promise<void> {
    const end = performance.now() + LONGEST_MS
    while ((await this.received()) < count) {
      if (performance.now() > end)
        throw new Error(`only ${await this.received()} of ${count} deliveries came`)
      await pause(5)
    }
  }

  async usage(): Promise<{ rss: number; cpu: NodeJS.CpuUsage }> {
    return asked(this.#server, 'usage')
  }

  /** Of a path of the API, with its query. */
  urlOf(path: string): string {
    return `${this.#ready.url}${API}${path}`
  }

  /** Signs in as the console does. */
  async signIn(): Promise<{ readonly name: string; readonly value: string }> {
    const response = await fetch(this.urlOf('/sessions'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'posthorn-console': '1', origin: this.#ready.url },
      body: JSON.stringify({ key: KEY }),
    })
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(response.headers.get('set-cookie') ?? '') ?? []
    if (name === undefined || value === undefined)
      throw new Error(`nobody is signed in: ${response.status} ${await response.text()}`)
    return { name, value }
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#call('GET', path)) as T
  }

  /** Changes a record of configuration: a subscription without any other meaning. */
  async change(subscriptionId: string): Promise<void> {
    const description = `changed at ${performance.now()}`
    await this.#call('PATCH', `/subscriptions/${subscriptionId}`, { description })
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.urlOf(path), {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}/`
}

export async function startTarget(mode: 'hang'): Promise<{ url: string; stop: () => Promise<void> }> {
  const target = startChild('processes/target', [mode])
  const { ready } = await heard<{ ready: number }>(target)
  return { url: `http://127.0.0.1:${ready}/`, stop: () => stopChild(target) }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
