/** A running program with its tenants, targets and load, and what a scenario can do to it. Black box, but for leases. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from '../../../test/servers/server.ts'
import type { Api } from '../../support/api.ts'
import { Cluster, type Role } from '../../support/cluster.ts'
import { recordOf } from '../../support/record.ts'
import { type Exit, LOOPBACK, ServerProcess } from '../../support/server.ts'
import type { CreatedSubscription } from '../../support/shapes.ts'
import { until } from '../../support/until.ts'
import { type Allowance, checkWorld, type KnownSubscription, type WorldFindings } from './check.ts'
import { type ArrivalLine, Journal, type PublishLine } from './journal.ts'
import { type Latency, latencies, type Phase } from './latency.ts'
import { clusterLeases, embeddedLeases } from './leases.ts'
import { Load } from './load.ts'
import { failsFirst, type Script, Targets } from './targets.ts'

export interface SubscriptionPlan {
  readonly name: string
  readonly tenant: string
  readonly events: readonly string[]
  /** More fields of `POST /subscriptions`. */
  readonly more?: object
  readonly script?: Script
}

export interface WorldOptions {
  /** Default: two that accept and two that deliver. */
  readonly roles?: readonly Role[]
  /** More flags of each process. */
  readonly flags?: readonly string[]
  /** The program; default: that of this checkout. */
  readonly bin?: string
  /** null: one process, role `all`, on the embedded file. */
  readonly database: Server | null
  /** Events a second, over both tenants. Default 100. null: as fast as they are accepted. */
  readonly rate?: number | null
  /** For each tenant. */
  readonly publishers?: number
  readonly subscriptions?: readonly SubscriptionPlan[]
  /** From the end of the load until nothing is pending. Default 120,000. */
  readonly drainMs?: number
}

/** A tenant whose targets have their moods, and another one whose target is always well. */
export const USUAL: readonly SubscriptionPlan[] = [
  { name: 'victim', tenant: 'victim', events: ['*'] },
  { name: 'moody', tenant: 'victim', events: ['fault.even'], script: failsFirst(10) },
  { name: 'other', tenant: 'other', events: ['*'] },
]

/** Short leases, so that what a dead process had begun is begun again within seconds. */
export const FLAGS = ['--lease-margin-ms', '1000', '--log-level', 'warn']
const TIMEOUT_MS = 2_000
/** Bounds are for what never comes. What comes late does so on a machine with other things to do. */
const START_MS = 120_000
const DRAIN_MS = 120_000
const RETRY = [0.1, 0.2, 0.5, 1, 1, 2, 2, 2, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5]

export class World {
  /** null on the embedded file. */
  readonly cluster: Cluster | null
  readonly processes: ServerProcess[]
  /** Those that accept. */
  readonly apis: ServerProcess[]
  /** Those that deliver. */
  readonly workers: ServerProcess[]
  readonly targets: Targets
  readonly load: Load
  readonly subscriptions: KnownSubscription[] = []
  /** Processes that were killed. */
  kills = 0
  readonly #options: WorldOptions
  readonly #folder: string
  readonly #publishes: Journal<PublishLine>
  readonly #arrivals: Journal<ArrivalLine>
  readonly #phases: Phase[] = []
  readonly #notes: string[] = []
  readonly #starts = new Map<ServerProcess, Promise<unknown>>()
  #repeats = 0

  private constructor(
    options: WorldOptions,
    parts: Pick<World, 'cluster' | 'processes' | 'targets'>,
    files: { folder: string; publishes: Journal<PublishLine>; arrivals: Journal<ArrivalLine> },
  ) {
    this.#options = options
    this.cluster = parts.cluster
    this.processes = parts.processes
    const { roles = ROLES } = options
    const doing = (role: Role) =>
      parts.processes.filter((_, at) => parts.cluster === null || [role, 'all'].includes(roles[at] as Role))
    this.apis = doing('api')
    this.workers = doing('worker')
    this.targets = parts.targets
    this.#folder = files.folder
    this.#publishes = files.publishes
    this.#arrivals = files.arrivals
    this.load = new Load({
      journal: files.publishes,
      servers: () => this.apis,
      tenants: [...new Set((options.subscriptions ?? USUAL).map(({ tenant }) => tenant))],
      rate: options.rate === undefined ? 100 : options.rate,
      ...(options.publishers === undefined ? {} : { publishers: options.publishers }),
    })
  }

  /** Processes that are ready, tenants and subscriptions that are made; the load is not started. */
  static async open(options: WorldOptions): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'posthorn-faults-'))
    const publishes = await Journal.open<PublishLine>(join(folder, 'publishes.ndjson'))
    const arrivals = await Journal.open<ArrivalLine>(join(folder, 'arrivals.ndjson'))
    const targets = await Targets.open(arrivals)
    const { database, bin, roles = ROLES } = options
    const flags = [...FLAGS, ...(options.flags ?? [])]
    const program = { startMs: START_MS, ...(bin === undefined ? {} : { bin }) }
    const cluster = database === null ? null : await Cluster.open(database, program)
    const embedded = { flags: [...LOOPBACK, ...flags], ...program }
    const processes =
      cluster === null ? [new ServerProcess(embedded)] : roles.map((role) => cluster.make(role, flags))
    const world = new World(options, { cluster, processes, targets }, { folder, publishes, arrivals })
    try {
      await Promise.all(processes.map((one) => one.start()))
      await world.#subscribe()
      return world
    } catch (error) {
      await world.dispose()
      throw error
    }
  }

  async #subscribe(): Promise<void> {
    const [api] = this.apis
    if (api === undefined) throw new Error('a scenario needs a process that accepts')
    const plans = this.#options.subscriptions ?? USUAL
    for (const slug of new Set(plans.map(({ tenant }) => tenant)))
      await api.api.post('/tenants', { slug }, 201)
    for (const { name, tenant, events, more, script } of plans) {
      const url = this.targets.urlFor(name)
      const given = {
        name,
        url,
        events,
        format: 'raw',
        timeout_ms: TIMEOUT_MS,
        max_in_flight: 20,
        retry: RETRY,
      }
      const { id } = await api.api
        .forTenant(tenant)
        .post<CreatedSubscription>('/subscriptions', { ...given, ...more }, 201)
      this.subscriptions.push({ id, name, tenant, events })
      if (script !== undefined) this.targets.script(name, script)
    }
  }

  /** From now on, for the latencies: `quiet`, `fault`. */
  phase(name: string): void {
    this.#phases.push({ name, from: Date.now() })
  }

  /** Goes into the line of the seed. */
  note(text: string): void {
    this.#notes.push(text)
  }

  get notes(): readonly string[] {
    return this.#notes
  }

  /** A fault may repeat so many more requests. */
  allowRepeats(count: number): void {
    this.#repeats += count
  }

  /** `kill -9`. What it had in flight may be repeated, and nothing else. */
  async kill(process: ServerProcess): Promise<void> {
    this.kills += 1
    const { pid } = process
    await process.kill('SIGKILL')
    this.allowRepeats(await this.leasesOf(pid))
  }

  /** Starts it again without waiting until it is ready; it may be killed before. */
  restart(process: ServerProcess): void {
    const started = process.start()
    const { run } = process
    // An end that a kill has brought about is none of its own.
    const own = started.catch((error: unknown) => {
      if (process.run === run && run.signalled === null) throw error
    })
    own.catch(() => {})
    this.#starts.set(process, own)
  }

  /** Resolves when all that were restarted are ready. @throws Error when one ended by itself */
  async ready(): Promise<void> {
    await Promise.all(this.#starts.values())
    this.#starts.clear()
  }

  /** One more process, which is running; those that accept are published to. */
  join(role: Role, process: ServerProcess): void {
    this.processes.push(process)
    if (role !== 'worker') this.apis.push(process)
    if (role !== 'api') this.workers.push(process)
  }

  /** SIGTERM, for good. @returns how it ended */
  async leave(process: ServerProcess): Promise<Exit> {
    for (const some of [this.processes, this.apis, this.workers]) {
      const at = some.indexOf(process)
      if (at >= 0) some.splice(at, 1)
    }
    return process.kill('SIGTERM')
  }

  /** What is leased: by one process, by its pid, or by all of them. */
  leasesOf(pid: number | null): Promise<number> {
    return this.cluster === null
      ? embeddedLeases(this.processes[0]?.dataDir ?? '')
      : clusterLeases(this.cluster, pid)
  }

  /** No more load; resolves when nothing is pending any more. */
  async settle(): Promise<void> {
    await this.ready()
    await this.load.stop(DRAIN_MS)
    const { drainMs = DRAIN_MS } = this.#options
    const what = 'nothing to be pending any more'
    await until(what, () => this.#isDrained(), { timeoutMs: drainMs }).catch(async (error: Error) => {
      throw new Error(`${error.message}; ${await this.#whatIsPending()}`)
    })
  }

  /** For whoever wonders why it stays. */
  async #whatIsPending(): Promise<string> {
    const rows = await this.cluster?.query(
      `select p.target_id, count(*), min(p.due_at) as due_at, max(p.attempts) as attempts, count(p.lease_token) as leased,
        min(p.lease_until) as lease_until, min(l.due_at) as lane_due_at, min(l.held_until) as lane_held_until,
        (extract(epoch from now()) * 1000)::bigint as now
      from {schema}.pending p left join {schema}.lanes l using (target_id) where p.event_key >= 0 group by p.target_id`,
    )
    return JSON.stringify(rows ?? [])
  }

  async #isDrained(): Promise<boolean> {
    for (const api of this.#tenants()) {
      const pending = await api.get<{ data: unknown[] }>('/deliveries?state=pending&limit=1')
      if (pending.data.length > 0) return false
    }
    return true
  }

  /** The program's record and the journals, checked. Call it after `settle`. */
  async check(allowance: Partial<Allowance> = {}): Promise<WorldFindings> {
    const recorded = []
    for (const api of this.#tenants()) recorded.push(...(await recordOf(api)))
    return checkWorld(
      {
        ...{ publishes: this.#publishes.read(), arrivals: this.#arrivals.read() },
        ...{ subscriptions: this.subscriptions, recorded, leases: await this.leasesOf(null) },
      },
      { ...allowance, repeats: this.#repeats + (allowance.repeats ?? 0) },
    )
  }

  /** So many requests may be repeated by now. */
  get repeatsAllowed(): number {
    return this.#repeats
  }

  /** Of a subscription, by phase. */
  latenciesOf(subscription: string): Map<string, Latency> {
    const arrivals = this.#arrivals.read().filter((one) => one.subscription === subscription)
    return latencies(this.#phases, this.#publishes.read(), arrivals)
  }

  #tenants(): Api[] {
    const [api] = this.apis
    return [...new Set(this.subscriptions.map(({ tenant }) => tenant))].map((tenant) =>
      (api as ServerProcess).api.forTenant(tenant),
    )
  }

  async dispose(): Promise<void> {
    await (this.cluster?.dispose() ?? this.processes[0]?.dispose())
    await this.targets.close()
    await this.load.stop(1).catch(() => {})
    await this.#publishes.close()
    await this.#arrivals.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

const ROLES: readonly Role[] = ['api', 'api', 'worker', 'worker']
