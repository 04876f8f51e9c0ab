import type { SubscriptionId, TenantId } from '../../domain/ids.ts'
import type { ChangedRecord, PeerStore, ProcessInfo, Pulse, SeenProcess } from '../../ports/peers.ts'
import type { Sessions } from './session.ts'

/** Pulses come every two seconds; four of them in a row are not late by chance. */
const ALIVE_MS = 10_000
/** Kept so long for whoever looks for what died; and notes of changes, for whoever sleeps. */
const KEPT_MS = 3_600_000
/** The one time that a store asks for: processes agree on it. */
const STORE_TIME = '(extract(epoch from clock_timestamp()) * 1000)::bigint'

/**
 * Changes carry the number of the transaction that made them. Numbers are given at the begin of a transaction and seen
 * at its end, so a pulse goes on from the oldest transaction that was still open at the last one: what it commits later
 * is found. What was told already is left out by its number.
 */
export class PeerTable implements PeerStore {
  readonly #sessions: Sessions
  readonly #schema: string
  /** What was told, from the cursor on. */
  #told = new Map<string, number>()
  /** By the store's clock. */
  #lastAt: number | null = null

  constructor(sessions: Sessions, schema: string) {
    this.#sessions = sessions
    this.#schema = schema
  }

  async pulse(self: ProcessInfo, after: string | null): Promise<Pulse> {
    const s = this.#schema
    const [row] = await this.#sessions.rows<PulseRow>(
      `with self as (
        insert into ${s}.processes (id, name, role, version, started_at, seen_at)
        values ($1, $2, $3, $4, $5, ${STORE_TIME})
        on conflict (id) do update set seen_at = excluded.seen_at),
      lost as (delete from ${s}.processes where $6::text is null and seen_at < ${STORE_TIME} - ${KEPT_MS}),
      old as (delete from ${s}.config_changes where $6::text is null and noted_at < ${STORE_TIME} - ${KEPT_MS})
      select ${STORE_TIME} as time, pg_snapshot_xmin(pg_current_snapshot())::text as cursor,
        (select coalesce(json_agg(p), '[]') from ${s}.processes p
          where seen_at > ${STORE_TIME} - ${ALIVE_MS} and id <> $1) as others,
        (select coalesce(json_agg(c), '[]') from ${s}.config_changes c where xid >= $6::bigint) as changes`,
      self.id,
      self.name,
      self.role,
      self.version,
      self.startedAt,
      after,
    )
    const { time, cursor, others, changes } = row as PulseRow
    const fresh = this.#new(changes, Number(cursor))
    // It has slept while notes may have been thrown away.
    const slept = this.#lastAt !== null && time - this.#lastAt > KEPT_MS / 2
    this.#lastAt = time
    return {
      now: time,
      cursor,
      processes: [{ ...self, seenAt: time }, ...others.map(toProcess)],
      // Numbers that go back: another server, or a restored one.
      changed: slept || Number(cursor) < Number(after) ? 'any' : fresh,
    }
  }

  async fact(name: string, value: string): Promise<string> {
    // An update that changes nothing, so that the row of somebody who was faster comes back.
    const [row] = await this.#sessions.rows<{ value: string }>(
      `insert into ${this.#schema}.facts as f (name, value) values ($1, $2)
      on conflict (name) do update set value = f.value returning value`,
      name,
      value,
    )
    return row?.value ?? value
  }

  async leave(id: string): Promise<void> {
    await this.#sessions.rows(`delete from ${this.#schema}.processes where id = $1`, id)
  }

  #new(changes: readonly Change[], cursor: number): ChangedRecord[] {
    const fresh = changes.filter((change) => this.#told.get(nameOf(change)) !== change.xid)
    for (const change of fresh) this.#told.set(nameOf(change), change.xid)
    this.#told = new Map([...this.#told].filter(([, xid]) => xid >= cursor))
    return fresh.map(({ tenant_id, record_id }) => ({
      tenantId: tenant_id === '' ? null : (tenant_id as TenantId),
      subscriptionId: record_id === '' ? null : (record_id as SubscriptionId),
    }))
  }
}

/** Within the statement that changes records. @param changed gives tenant_id and record_id */
export function noteChanges(schema: string, changed: string): string {
  return `insert into ${schema}.config_changes as c (tenant_id, record_id, xid, noted_at)
    select distinct tenant_id, record_id, pg_current_xact_id()::text::bigint, ${STORE_TIME} from (${changed}) w
    on conflict (tenant_id, record_id) do update set xid = excluded.xid, noted_at = excluded.noted_at`
}

interface Change {
  /** '' for none. */
  readonly tenant_id: string
  /** '' for any but a subscription. */
  readonly record_id: string
  readonly xid: number
}

function nameOf({ tenant_id, record_id }: Change): string {
  return `${tenant_id} ${record_id}`
}

interface PulseRow {
  readonly time: number
  readonly cursor: string
  readonly others: readonly ProcessRow[]
  readonly changes: readonly Change[]
}

interface ProcessRow {
  readonly id: string
  readonly name: string
  readonly role: ProcessInfo['role']
  readonly version: string
  readonly started_at: number
  readonly seen_at: number
}

function toProcess({ id, name, role, version, started_at, seen_at }: ProcessRow): SeenProcess {
  return { id, name, role, version, startedAt: started_at, seenAt: seen_at }
}
