import type { Bulk } from '../../domain/bulk.ts'
import type { NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { BulkId, DeliveryId } from '../../domain/ids.ts'
import type { Replay } from '../../domain/records.ts'
import type { Session } from '../../domain/session.ts'
import type { BulkStore } from '../../ports/bulk-store.ts'
import type {
  DeliveryStore,
  HandChange,
  ReplayCandidate,
  ReplayStore,
  SessionStore,
  Store,
} from '../../ports/store.ts'
import {
  ALERT_RULE_VIEW,
  BULK_VIEW,
  EVENT_TYPE_VIEW,
  KEY_VIEW,
  REPLAY_VIEW,
  SESSION_VIEW,
  SOURCE_VIEW,
  SUBSCRIPTION_VIEW,
  TENANT_VIEW,
} from './audit-views.ts'
import { AuditedRecords, type AuditWriter } from './audited-records.ts'

/** The store, with an entry of the audit log in the commit of each change that somebody asks for. */
export function auditedStore(store: Store, writer: AuditWriter): Store {
  const { events, requests, lanes, upkeep, audit, alerts, transactions, peers, signals } = store
  return {
    ...{ events, requests, lanes, upkeep, audit, alerts },
    ...(transactions && { transactions }),
    ...(peers && { peers }),
    ...(signals && { signals }),
    deliveries: auditedDeliveries(store.deliveries, writer),
    replays: new AuditedReplays(store.replays, writer),
    bulks: new AuditedBulks(store.bulks, writer),
    minutes: store.minutes,
    sessions: new AuditedSessions(store.sessions, writer),
    tenants: new AuditedRecords(store.tenants, TENANT_VIEW, writer),
    subscriptions: new AuditedRecords(store.subscriptions, SUBSCRIPTION_VIEW, writer),
    eventTypes: new AuditedRecords(store.eventTypes, EVENT_TYPE_VIEW, writer),
    sources: new AuditedRecords(store.sources, SOURCE_VIEW, writer),
    alertRules: new AuditedRecords(store.alertRules, ALERT_RULE_VIEW, writer),
    keys: new AuditedRecords(store.keys, KEY_VIEW, writer),
    close: () => store.close(),
  }
}

/** Its progress is the engine's doing and is not told; its start and its end by hand are. */
class AuditedReplays extends AuditedRecords<Replay> implements ReplayStore {
  readonly #replays: ReplayStore

  constructor(replays: ReplayStore, writer: AuditWriter) {
    super(replays, REPLAY_VIEW, writer)
    this.#replays = replays
  }

  running(): Promise<Replay[]> {
    return this.#replays.running()
  }

  scan(replay: Replay, limit: number): Promise<ReplayCandidate[]> {
    return this.#replays.scan(replay, limit)
  }

  advance(
    next: Replay,
    from: EventKey,
    deliveries: ReadonlyArray<{ eventKey: EventKey; delivery: NewDelivery }>,
  ): Promise<boolean> {
    return this.#replays.advance(next, from, deliveries)
  }
}

class AuditedBulks extends AuditedRecords<Bulk> implements BulkStore {
  readonly #bulks: BulkStore

  constructor(bulks: BulkStore, writer: AuditWriter) {
    super(bulks, BULK_VIEW, writer)
    this.#bulks = bulks
  }

  running(): Promise<Bulk[]> {
    return this.#bulks.running()
  }

  advance(next: Bulk, from: number, changes: readonly HandChange[]) {
    return this.#bulks.advance(next, from, changes)
  }

  items(id: BulkId, after: DeliveryId | null, limit: number) {
    return this.#bulks.items(id, after, limit)
  }

  prune(before: number, limit: number): Promise<number> {
    return this.#bulks.prune(before, limit)
  }
}

class AuditedSessions extends AuditedRecords<Session> implements SessionStore {
  readonly #sessions: SessionStore

  constructor(sessions: SessionStore, writer: AuditWriter) {
    super(sessions, SESSION_VIEW, writer)
    this.#sessions = sessions
  }

  prune(now: number, limit: number): Promise<number> {
    return this.#sessions.prune(now, limit)
  }
}

function auditedDeliveries(deliveries: DeliveryStore, writer: AuditWriter): DeliveryStore {
  return {
    finish: (batch) => deliveries.finish(batch),
    add: (...added) => deliveries.add(...added),
    change: (request) => deliveries.change({ ...request, audit: writer.entry(byHand(request)) }),
    get: (...which) => deliveries.get(...which),
    list: (query) => deliveries.list(query),
    attempts: (...which) => deliveries.attempts(...which),
    stats: (query) => deliveries.stats(query),
    failingSince: (of) => deliveries.failingSince(of),
    lastFailure: (of) => deliveries.lastFailure(of),
    standing: (...of) => deliveries.standing(...of),
    deadLetters: (...of) => deliveries.deadLetters(...of),
  }
}

function byHand({ tenantId, id, transition }: HandChange) {
  const action = transition.to === 'revived' ? 'delivery.retried' : `delivery.${transition.to}`
  return { tenantId, action, object: { kind: 'delivery', id, name: id } }
}
