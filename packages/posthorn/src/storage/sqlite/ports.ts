import type { DatabaseSync } from 'node:sqlite'
import { AlertTable } from './alerts.ts'
import { AuditTable } from './audit.ts'
import { BulkTable } from './bulks.ts'
import type { Call, Ports, Reply } from './calls.ts'
import { Statements } from './database.ts'
import { DeliveryTable } from './deliveries.ts'
import { EventTable } from './events.ts'
import { toFailure } from './failures.ts'
import { LaneTable } from './lanes.ts'
import { MinuteTable } from './minutes.ts'
import { ALERT_RULES, API_KEYS, EVENT_TYPES, SOURCES, SUBSCRIPTIONS, TENANTS } from './record-kinds.ts'
import { RecordTable } from './records.ts'
import { ReplayTable } from './replays.ts'
import { RequestTable } from './requests.ts'
import { SessionTable } from './sessions.ts'
import { Upkeep } from './upkeep.ts'

export function makePorts(db: DatabaseSync): Ports {
  const statements = new Statements(db)
  const lanes = new LaneTable(statements)
  const events = new EventTable(statements, lanes)
  const deliveries = new DeliveryTable(statements, lanes)
  return {
    events,
    requests: new RequestTable(statements, events),
    deliveries,
    lanes,
    replays: new ReplayTable(statements, lanes),
    tenants: new RecordTable(statements, TENANTS),
    subscriptions: new RecordTable(statements, SUBSCRIPTIONS),
    sources: new RecordTable(statements, SOURCES),
    eventTypes: new RecordTable(statements, EVENT_TYPES),
    keys: new RecordTable(statements, API_KEYS),
    sessions: new SessionTable(statements),
    audit: new AuditTable(statements),
    bulks: new BulkTable(statements, deliveries),
    minutes: new MinuteTable(statements),
    alertRules: new RecordTable(statements, ALERT_RULES),
    alerts: new AlertTable(statements),
    upkeep: new Upkeep(statements),
  }
}

export function invoke(ports: Ports, call: Call): unknown {
  const port = ports[call.port] as unknown as Record<string, (...args: readonly unknown[]) => unknown>
  return port[call.method]?.(...call.args)
}

export function answer(ports: Ports, call: Call): Reply {
  try {
    return { ok: true, value: invoke(ports, call) }
  } catch (error) {
    return { ok: false, failure: toFailure(error) }
  }
}
