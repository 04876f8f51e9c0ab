/** A server, a target and a generator as processes of their own, and what is asked of them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadOrder, LoadResult } from './processes/load.ts'

export type StoreKind = 'none' | 'sqlite' | 'sqlite-inline' | 'postgres'

const KEY = 'a-key-for-the-benchmark-only-0123456789'
const API = '/api/v1/webhooks'
/** Nothing here takes longer; what does is stuck, and is told instead of waited for. */
const LONGEST_MS = 120_000

export class Rig {
  readonly #server: ChildProcess
  readonly #target: ChildProcess
  readonly #load: ChildProcess
  readonly #dataDir: string
  readonly #apiPort: number
  readonly #inboundPort: number
  readonly targetUrl: string

  private constructor(parts: {
    server: ChildProcess
    target: ChildProcess
    load: ChildProcess
    dataDir: string
    apiPort: number
    inboundPort: number
    targetPort: number
  }) {
    this.#server = parts.server
    this.#target = parts.target
    this.#load = parts.load
    this.#dataDir = parts.dataDir
    this.#apiPort = parts.apiPort
    this.#inboundPort = parts.inboundPort
    this.targetUrl = `http://127.0.0.1:${parts.targetPort}/`
  }

  static async start(store: StoreKind): Promise<Rig> {
    const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-bench-'))
    const target = start('target', [])
    const load = start('load', [])
    const [[{ ready: targetPort }]] = await Promise.all([heard<{ ready: number }>(target), heard(load)])
    const server = start('server', [store, dataDir, KEY])
    const [{ url, inbound: inboundPort }] = await heard<{ url: string; inbound: number }>(server)
    const apiPort = Number(new URL(url).port)
    return new Rig({ server, target, load, dataDir, apiPort, inboundPort, targetPort })
  }

  async stop(): Promise<void> {
    for (const child of [this.#load, this.#target, this.#server]) {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    }
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
    order: Pick<LoadOrder, 'requests' | 'connections' | 'rate' | 'eventTypes'>,
  ): Promise<LoadResult> {
    const headers = { authorization: `Bearer ${KEY}` }
    return this.#run({
      ...order,
      port: this.#apiPort,
      path: `${API}/events`,
      headers,
      size: 1024,
      kind: 'publish',
      expect: [202],
    })
  }

  async inbound(order: Pick<LoadOrder, 'requests' | 'connections' | 'rate'>): Promise<LoadResult> {
    const rest = {
      headers: {},
      size: 1024,
      kind: 'inbound',
      secret: KEY,
      eventTypes: [],
      expect: [202],
    } as const
    return this.#run({ ...order, ...rest, port: this.#inboundPort, path: '/' })
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

  async #run(order: LoadOrder): Promise<LoadResult> {
    const answered = heard<LoadResult>(this.#load)
    this.#load.send(order)
    const [result] = await answered
    if (result.refused > 0) throw new Error(`${result.refused} of ${order.requests} requests were refused`)
    return result
  }

  async #call(method: string, path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#apiPort}${API}${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json()
  }
}

export function startTarget(mode: 'hang'): Promise<{ url: string; stop: () => void }> {
  const target = start('target', [mode])
  return heard<{ ready: number }>(target).then(([{ ready }]) => ({
    url: `http://127.0.0.1:${ready}/`,
    stop: () => target.disconnect(),
  }))
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function start(name: string, args: string[]): ChildProcess {
  return fork(new URL(`./processes/${name}.ts`, import.meta.url), args)
}

function heard<T>(child: ChildProcess): Promise<[T]> {
  return once(child, 'message') as Promise<[T]>
}

async function asked<T>(child: ChildProcess, ask: string): Promise<T> {
  const answer = heard<T>(child)
  child.send({ ask })
  return (await answer)[0]
}
