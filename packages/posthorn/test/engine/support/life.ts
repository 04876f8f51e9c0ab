import { Engine, type EngineOptions } from '../../../src/engine/engine.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import type { PeerStore } from '../../../src/ports/peers.ts'
import type { SecretBox } from '../../../src/ports/secrets.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { Tracer } from '../../../src/ports/tracer.ts'
import type { HttpTransport } from '../../../src/ports/transport.ts'
import { StoreQueue } from '../../../src/queue/store/store-queue.ts'
import type { FakeClock } from '../../../src/testing/fake-clock.ts'
import { Recorder } from '../../../src/testing/recorder.ts'
import type { SeededRandom } from '../../../src/testing/seeded-random.ts'
import type { Company } from './company.ts'

export interface LifeParts {
  readonly store: Store
  readonly clock: FakeClock
  readonly random: SeededRandom
  readonly transport: HttpTransport
  readonly secretBox: SecretBox
  readonly tracer: Tracer
  readonly options: Partial<EngineOptions>
  /** Other processes that use the store too. Default: there are none. */
  readonly company?: Company
}

type PortName = Exclude<keyof Store, 'close' | 'transactions' | 'peers' | 'signals'>
/** Such as `events.insert`. */
type Method = { [P in PortName]: `${P}.${Extract<keyof Store[P], string>}` }[PortName]
export type Hook = (next: () => Promise<unknown>, args: readonly never[]) => Promise<unknown>

const PORTS: readonly PortName[] = [
  ...(['events', 'deliveries', 'lanes', 'replays', 'requests', 'tenants'] as const),
  ...([
    'subscriptions',
    'sources',
    'eventTypes',
    'keys',
    'sessions',
    'audit',
    'bulks',
    'minutes',
    'alertRules',
    'alerts',
    'upkeep',
  ] as const),
]

const DAY_MS = 86_400_000
export const TEST_OPTIONS: EngineOptions = {
  role: 'all',
  processName: 'test',
  slots: 32,
  leaseMarginMs: 30_000,
  drainMs: 1_000,
  retentionMs: 30 * DAY_MS,
  keepAuditMs: 365 * DAY_MS,
  sessionIdleMs: 1_800_000,
  sessionMaxMs: 43_200_000,
  disableAfterMs: 5 * DAY_MS,
  readyAgeMs: 20_000,
  version: 'test',
}

/**
 * One process with an engine in it. It sees the store, the clock and the network through wires that `crash` cuts: what
 * it had sent to the store may be done, but it learns and does nothing more.
 */
export class Life {
  readonly engine: Engine
  readonly recorder = new Recorder()
  /** How often each method of the store was called. */
  readonly calls = new Map<Method, number>()
  readonly log: Array<[text: string, fields: unknown]> = []
  readonly drainMs: number
  readonly #hooks = new Map<Method, Hook>()
  #dead = false

  constructor(parts: LifeParts) {
    this.drainMs = parts.options.drainMs ?? TEST_OPTIONS.drainMs
    const { clock, random, secretBox } = parts
    const wired = this.#clock(clock)
    const note = (text: string, fields?: unknown) => void this.log.push([text, fields])
    const signals = parts.company?.signals()
    const shared = parts.company && signals && { peers: this.#peers(parts.company.peers()), signals }
    this.engine = new Engine({
      ...{ clock: wired, random, secretBox, telemetry: this.recorder },
      store: { ...this.#store(parts.store), ...shared },
      transport: this.#transport(parts.transport),
      tracer: parts.tracer,
      queue: new StoreQueue({ clock: wired, ...(signals && { signals }) }),
      logger: { info: note, warn: note, error: note },
      timeLimit: (_limitMs, run) => run(),
      options: { ...TEST_OPTIONS, ...parts.options },
    })
  }

  get dead(): boolean {
    return this.#dead
  }

  /** As `kill -9`. */
  crash(): void {
    this.#dead = true
  }

  /** From now on calls of this method go through `hook`; `next` is the real one. */
  hook(method: Method, hook: Hook): void {
    this.#hooks.set(method, hook)
  }

  unhook(method: Method): void {
    this.#hooks.delete(method)
  }

  /** The method fails as if the disk were away; `unhook` brings it back. */
  break(method: Method): void {
    this.hook(method, () => Promise.reject(new Error(`${method} is away`)))
  }

  count(method: Method): number {
    return this.calls.get(method) ?? 0
  }

  #store(store: Store): Store {
    const ports = PORTS.map((port) => [port, this.#port(port, store[port])] as const)
    return { ...(Object.fromEntries(ports) as unknown as Store), close: () => store.close() }
  }

  #port<P extends PortName>(port: P, inner: Store[P]): Store[P] {
    const methods = inner as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>
    const wired = Object.keys(methods).map((name) => [
      name,
      async (...args: readonly unknown[]) => {
        const method = `${port}.${name}` as Method
        this.calls.set(method, this.count(method) + 1)
        const next = () => this.#unlessDead(() => methods[name]!(...args))
        const hook = this.#hooks.get(method)
        return this.#unlessDead(() => (hook === undefined ? next() : hook(next, args as readonly never[])))
      },
    ])
    return Object.fromEntries(wired) as Store[P]
  }

  #peers(peers: PeerStore): PeerStore {
    return {
      pulse: (...args) => this.#unlessDead(() => peers.pulse(...args)),
      fact: (...args) => this.#unlessDead(() => peers.fact(...args)),
      leave: (...args) => this.#unlessDead(() => peers.leave(...args)),
    }
  }

  #transport(transport: HttpTransport): HttpTransport {
    return {
      refuseUrl: (url) => transport.refuseUrl(url),
      send: (request) => this.#unlessDead(() => transport.send(request)),
      close: async () => undefined,
    }
  }

  async #unlessDead<T>(run: () => Promise<T>): Promise<T> {
    if (this.#dead) return never()
    try {
      const value = await run()
      return this.#dead ? await never<T>() : value
    } catch (error) {
      if (this.#dead) return never()
      throw error
    }
  }

  #clock(clock: FakeClock): Clock {
    const unlessDead = (run: () => void) => () => {
      if (!this.#dead) run()
    }
    return {
      now: () => clock.now(),
      elapsed: () => clock.elapsed(),
      after: (delayMs, run) => clock.after(delayMs, unlessDead(run)),
      nextTurn: (run) => clock.nextTurn(unlessDead(run)),
    }
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}
