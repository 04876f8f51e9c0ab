import type { LeasedDelivery } from '../domain/delivery.ts'
import { ID_RANDOM_BYTES, makeId } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { SeenProcess } from '../ports/peers.ts'
import type { Queue } from '../ports/queue.ts'
import type { Random } from '../ports/random.ts'
import type { SecretBox } from '../ports/secrets.ts'
import type { Store } from '../ports/store.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import type { TimeLimit } from '../ports/time-limit.ts'
import type { Tracer } from '../ports/tracer.ts'
import type { HttpTransport } from '../ports/transport.ts'
import type { AuditLog } from './access/audit-log.ts'
import { auditing } from './access/auditing.ts'
import { Sessions } from './access/sessions.ts'
import { Alerting } from './alerts/alerting.ts'
import type { NoticeSenderParts } from './alerts/notice-sender.ts'
import { AllTargets } from './deliver/all-targets.ts'
import { type Attempted, Attempter } from './deliver/attempter.ts'
import { Claimer } from './deliver/claimer.ts'
import { Deliveries } from './deliver/deliveries.ts'
import { Replays } from './deliver/replays.ts'
import { SubscriptionTargets } from './deliver/subscription-targets.ts'
import type { Target } from './deliver/target.ts'
import { Targets } from './deliver/targets.ts'
import { Worker } from './deliver/worker.ts'
import { Directory } from './directory/directory.ts'
import { EventSchemas } from './directory/event-schemas.ts'
import { EventTypes } from './directory/event-types.ts'
import { Keys } from './directory/keys.ts'
import type { Sources } from './directory/sources.ts'
import { Subscriptions } from './directory/subscriptions.ts'
import { Tenants } from './directory/tenants.ts'
import { Handlers } from './handle/handlers.ts'
import { Transactions } from './handle/transactions.ts'
import { Bulks } from './insight/bulks.ts'
import { HeavyReads } from './insight/heavy-reads.ts'
import { Insight } from './insight/insight.ts'
import type { EngineOptions } from './options.ts'
import { Changes } from './peers/changes.ts'
import { Peers } from './peers/peers.ts'
import { EventTypeGate } from './publish/event-type-gate.ts'
import { Events } from './publish/events.ts'
import { operationalEvent } from './publish/operational.ts'
import { ping } from './publish/ping.ts'
import { Publisher } from './publish/publisher.ts'
import { quiet } from './quiet.ts'
import type { Inbox } from './receive/inbox.ts'
import type { InboxSettings } from './receive/inbox-settings.ts'
import type { Inboxes } from './receive/inboxes.ts'
import type { Requests } from './receive/requests.ts'
import { receiving } from './receiving.ts'
import type { Service } from './service.ts'
import { Health } from './upkeep/health.ts'
import { createRefill } from './upkeep/refill.ts'
import { createRetention } from './upkeep/retention.ts'
import { SubscriptionHealth } from './upkeep/subscription-health.ts'
import { createSweeper } from './upkeep/sweeper.ts'
import { Writes } from './upkeep/writes.ts'
import type { UseCases } from './use-cases.ts'

/**
 * A signal comes first: these are for the ones that are lost. An idle worker makes 1.7 statements a second with them
 * (pg_stat_statements, PostgreSQL 15), of which a look is two.
 */
const POLL_BESIDE_SIGNALS_MS = 3_000
const REPLAYS_BESIDE_SIGNALS_MS = 10_000

export type { EngineOptions } from './options.ts'

export interface EngineParts {
  readonly store: Store
  readonly transport: HttpTransport
  readonly queue: Queue
  /** What the queue was told may be forgotten by a server. @default false */
  readonly queueForgets?: boolean
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly telemetry: Telemetry
  readonly tracer: Tracer
  readonly secretBox: SecretBox
  readonly timeLimit: TimeLimit
  /** Told what time the store says it is, and how long that took: one for all that share it. Default: each has its own. */
  readonly agreeOnTime?: (said: number, wayMs: number) => void
  readonly options: EngineOptions
  /** How alerts reach people. Default: by events and Slack, without links. */
  readonly people?: Pick<NoticeSenderParts, 'mailer' | 'publicUrl'>
  /** What store and queue are, for people. */
  readonly kinds?: { readonly store: string; readonly queue: string }
}

/** The parts of the engine, put together: everything that is accepted, attempted and remembered passes through here. */
export class Engine implements UseCases, Service {
  readonly events: Events
  readonly subscriptions: Subscriptions
  readonly deliveries: Deliveries
  readonly replays: Replays
  readonly eventTypes: EventTypes
  readonly sources: Sources
  readonly tenants: Tenants
  readonly keys: Keys
  readonly sessions: Sessions
  readonly audit: AuditLog
  readonly alertRules: Alerting['rules']
  readonly alerts: Alerting['alerts']
  readonly requests: Requests
  readonly insight: Insight
  readonly bulks: Bulks
  readonly health: Health
  readonly handlers: Handlers
  readonly transactions: Transactions
  /** Of the configuration, by this process or another one. */
  readonly changes: Changes
  readonly #parts: EngineParts
  readonly #publisher: Publisher
  readonly #inboxes: Inboxes
  readonly #worker: Worker
  readonly #claimer: Claimer
  readonly #subscriptionHealth: SubscriptionHealth
  readonly #upkeep: readonly Service[]
  readonly #peers: Peers | null
  #state: 'new' | 'running' | 'stopped' = 'new'
  readonly #startedAt: number

  constructor(given: EngineParts) {
    const [accepts, results] = [new Writes(given.clock), new Writes(given.clock)]
    const { byItself, log, store: audited } = auditing(given.store, given)
    const telemetry = quiet(given.telemetry, (happening) => this.insight.note(happening))
    const parts = { ...given, store: audited, telemetry, writes: accepts }
    this.audit = log
    const { store, clock, random, options } = parts
    this.#parts = parts
    this.#startedAt = clock.now()
    const attempts = options.role !== 'api'
    const changes = new Changes(store.signals)
    this.changes = changes
    const directory = new Directory({ store, secretBox: parts.secretBox, changes })
    this.transactions = new Transactions(store.transactions, clock)
    const added = (target: Target) => this.#claimer.reopened(target)
    this.handlers = new Handlers({ ...parts, transactions: this.transactions, added })
    const userAgent = `Posthorn/${options.version}`
    const subscriptionTargets = new SubscriptionTargets({ ...parts, directory, userAgent })
    const finder = new AllTargets({ directory, subscriptions: subscriptionTargets, handlers: this.handlers })
    const targets = new Targets(clock)
    const runId = makeId('key', clock.now(), random.bytes(ID_RANDOM_BYTES)).slice('key_'.length)
    const processes = () => this.#peers?.known() ?? [this.#self(runId)]
    const heavy = new HeavyReads()
    this.insight = new Insight({ ...parts, directory, changes, runId, processes, heavy })
    const attempter = new Attempter({ ...parts, deliveries: store.deliveries, writes: results })
    this.#worker = new Worker({
      ...{ ...options, targets, attempter, clock, telemetry, runId, results },
      onAttempted: (...attempted) => this.#attempted(...attempted),
      onFreed: (target) => this.#claimer.freed(target),
      onReopened: (target) => this.#claimer.reopened(target),
    })
    this.#claimer = new Claimer({
      ...{ ...parts, lanes: store.lanes, finder, targets, worker: this.#worker, attempts },
      shared: store.peers !== undefined,
      ...(store.signals === undefined ? {} : { pollMs: POLL_BESIDE_SIGNALS_MS }),
    })
    const claimer = this.#claimer
    changes.listen(({ of }) => claimer.changed(of))
    this.#publisher = new Publisher({ ...parts, worker: this.#worker, claimer, attempts })
    const publisher = this.#publisher
    const announce = operationalEvent.bind(null, { publisher, finder, clock, random })
    this.#subscriptionHealth = new SubscriptionHealth({
      ...{ store: byItself, directory, clock, telemetry, announce, disableAfterMs: options.disableAfterMs },
    })
    const alerting = new Alerting({
      ...{ ...parts, userAgent, announce, ...(given.people ?? { mailer: null, publicUrl: null }) },
      leads: () => this.#peers?.leads ?? true,
    })
    this.alertRules = alerting.rules
    this.alerts = alerting.alerts
    const schemas = new EventSchemas(parts.timeLimit)
    this.eventTypes = new EventTypes({ ...parts, directory, schemas })
    const gate = new EventTypeGate({ directory, schemas })
    this.events = new Events({ ...parts, directory, publisher, claimer, finder, gate, heavy })
    const ways = receiving({
      ...{ ...parts, directory, changes, requests: store.requests, publisher, finder, gate, userAgent },
    })
    this.#inboxes = ways.inboxes
    this.sources = ways.sources
    this.requests = ways.requests
    this.subscriptions = new Subscriptions({
      ...{ ...parts, directory },
      resumed: (id) => claimer.dueNow(id),
      ping: ping.bind(null, { ...parts, events: store.events, finder, worker: this.#worker }),
    })
    this.deliveries = new Deliveries({ store, directory, claimer, clock })
    const slower = store.signals === undefined ? {} : { everyMs: REPLAYS_BESIDE_SIGNALS_MS }
    this.replays = new Replays({ ...parts, directory, changes, claimer, heavy, ...slower })
    this.bulks = new Bulks({ ...parts, changes, claimer, heavy, ...slower })
    this.sessions = new Sessions({ ...parts, idleMs: options.sessionIdleMs, maxMs: options.sessionMaxMs })
    this.keys = new Keys({ ...parts, directory, changes, sessions: this.sessions })
    this.tenants = new Tenants({ ...parts, directory, keys: this.keys })
    const accepting = () => this.#state === 'running'
    const writes = [accepts, results]
    this.health = new Health({ ...options, upkeep: store.upkeep, clock, accepting, claimer, writes })
    this.#upkeep = attempts ? [...alerting.services, ...this.#makeUpkeep(parts)] : []
    this.#peers = this.#makePeers(runId, targets)
  }

  /** Slots that are held now: attempts that run, and those that are about to. */
  get inFlight(): number {
    return this.#worker.inFlight
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = 'running'
    this.insight.start()
    await this.#peers?.start()
    this.#worker.open()
    await this.#claimer.start()
    for (const service of this.#upkeep) await service.start()
    if (this.#parts.options.role === 'api') return
    await this.replays.open()
    await this.bulks.open()
  }

  /** The first step of `stop`, for who has one before it: no new claims; what is accepted from now on is left to others. */
  async leaveWork(): Promise<void> {
    this.#worker.close()
    await this.#claimer.stop()
  }

  /** Two steps: nothing new is accepted or begun; then what runs ends, or is cut off and handed back uncounted. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    await this.#publisher.close()
    await this.#inboxes.close()
    await this.replays.stop()
    await this.bulks.stop()
    for (const service of this.#upkeep) await service.stop()
    await this.#claimer.stop()
    await this.#worker.drain(this.#parts.options.drainMs)
    await this.#subscriptionHealth.idle()
    await this.insight.stop()
    await this.#peers?.stop()
  }

  /** The way in for a source that the application declares. @throws PosthornError `config_invalid` */
  source(settings: InboxSettings): Inbox {
    return this.#inboxes.declare(settings)
  }

  #makeUpkeep(parts: EngineParts): Service[] {
    const { store, options, queueForgets } = parts
    return [
      createSweeper({ ...parts, lanes: store.lanes, claimer: this.#claimer }),
      createRetention({ ...parts, ...options }),
      ...(queueForgets ? [createRefill({ ...parts, lanes: store.lanes })] : []),
    ]
  }

  #self(id: string): SeenProcess {
    const { options, clock } = this.#parts
    const { role, processName: name, version } = options
    return { id, name, role, version, startedAt: this.#startedAt, seenAt: clock.now() }
  }

  #makePeers(runId: string, targets: Targets): Peers | null {
    const { store, clock, telemetry, agreeOnTime = () => undefined } = this.#parts
    if (store.peers === undefined) return null
    const self = this.#self(runId)
    return new Peers({
      ...{ store: store.peers, signals: store.signals, self, clock, telemetry, agreeOnTime },
      changes: this.changes,
      workers: (count) => targets.share(count),
      due: () => this.#claimer.wake(),
    })
  }

  #attempted(leased: LeasedDelivery, _target: Target, attempted: Attempted): void {
    const { transition } = attempted
    if (transition.to === 'retry') this.#claimer.dueLater(leased.delivery.targetId, transition.dueAt)
    // By a stop: others need not wait for their poll.
    if (transition.to === 'handBack') this.#claimer.dueNow(leased.delivery.targetId)
    this.#subscriptionHealth.attempted(leased, attempted)
  }
}
