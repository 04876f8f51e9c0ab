import type { EventKey } from '../../domain/event.ts'
import type { NewEvent } from '../../ports/insert.ts'
import { Bytes, columns } from './columns.ts'
import { arrays, deliveryColumns, intoPending, NEW_DELIVERY, type Pull, pulling } from './delivery-insert.ts'
import { KEY_OF } from './keys.ts'
import type { Query } from './session.ts'

/** What stands in `event_ids` under an event's identity. */
export interface Known {
  /** null: the event is gone, its id is remembered. */
  readonly key: EventKey | null
  readonly contentHash: string
  /** Deliveries that were made with it. */
  readonly fanOut: number
  /** Until when the id is remembered without its event; epoch ms. */
  readonly dedupeUntil: number | null
}

/** Of each event: the key that it was stored under, or what was there before; null: stored by somebody else just now. */
export type Placed = { readonly stored: EventKey } | { readonly known: Known } | null

interface Row {
  readonly at: number
  readonly stored: EventKey | null
  readonly key: EventKey | null
  readonly content_hash: string | null
  readonly fan_out: number | null
  readonly dedupe_until: number | null
}

/**
 * Stores events that are new, with their deliveries, and pulls the lanes of those that wait forward: one statement, and
 * so one transaction of its own. Identities are written in their order, so that two batches with the same ids do not wait
 * for each other.
 *
 * @param batch no two of one identity
 * @param pull how lanes are pulled forward
 */
export async function placeEvents(
  query: Query,
  schema: string,
  batch: readonly NewEvent[],
  pull: Pull,
): Promise<Placed[]> {
  const deliveries = batch.flatMap((item) => item.deliveries)
  const rows = await query.rows<Row>(
    placing(schema, deliveries.length > 0 ? pull : null),
    ...eventColumns(batch),
    ...(deliveries.length === 0 ? [] : [placesOf(batch), ...deliveryColumns(deliveries)]),
  )
  const placed = new Array<Placed>(batch.length).fill(null)
  for (const row of rows) placed[row.at - 1] = placedAs(row)
  return placed
}

function placedAs({ stored, key, content_hash, fan_out, dedupe_until }: Row): Placed {
  if (stored !== null) return { stored }
  if (content_hash === null || fan_out === null) return null
  return { known: { key, contentHash: content_hash, fanOut: fan_out, dedupeUntil: dedupe_until } }
}

/** Of each delivery the number of its event within the batch, from 1. */
function placesOf(batch: readonly NewEvent[]): number[] {
  return batch.flatMap(({ deliveries }, index) => deliveries.map(() => index + 1))
}

const EVENT = {
  names: `tenant_id, source_id, id, type, content_type, content_hash, occurred_at, received_at, request_id, trace,
        dedupe_until, fan_out, start, length`,
  types: [
    ...['text', 'text', 'text', 'text', 'text', 'text', 'bigint', 'bigint', 'text', 'text'],
    ...['bigint', 'integer', 'integer', 'integer'],
  ],
} as const
/** `in` that is not a condition of its own stays a look-up in a hash; as one it may become a loop within a loop. */
const IS_NEW = '(key in (select key from named)) is true'

/** @param pull null: there are no deliveries */
function placing(schema: string, pull: Pull | null): string {
  const data = EVENT.types.length + 1
  return `with e as materialized (
      select t.*, ${KEY_OF('t.received_at', `nextval('${schema}.event_numbers')`)} as key
      from unnest(${arrays(EVENT.types, 1)}) with ordinality as t (${EVENT.names}, at)),
    named as (
      insert into ${schema}.event_ids (tenant_id, source_id, id, key, content_hash, fan_out, dedupe_until)
      select tenant_id, source_id, id, key, content_hash, fan_out, dedupe_until from e
      order by tenant_id, source_id, id on conflict do nothing returning key),
    fresh as materialized (select * from e where ${IS_NEW}),
    stored as (
      insert into ${schema}.events (key, tenant_id, source_id, id, type, content_type, content_hash, occurred_at,
        received_at, request_id, trace, dedupe_until, data)
      select key, tenant_id, source_id, id, type, content_type, content_hash, occurred_at, received_at, request_id, trace,
        dedupe_until, substring($${data}::bytea from start for length) from fresh)
    ${pull === null ? '' : placingDeliveries(schema, data + 1, pull)}
    select at, key as stored, null as key, null as content_hash, null as fan_out, null::bigint as dedupe_until from fresh
    union all
    select e.at, null, i.key, i.content_hash, i.fan_out, i.dedupe_until from e left join lateral (
      select * from ${schema}.event_ids i
      where i.tenant_id = e.tenant_id and i.source_id = e.source_id and i.id = e.id limit 1) i on true
    where e.key not in (select key from named)`
}

/** @param from number of the first parameter */
function placingDeliveries(schema: string, from: number, pull: Pull): string {
  return `, d as (
      select u.id, u.target_id, u.format, u.due_at, u.lease_token, u.lease_until, u.created_at, u.replay_id,
        fresh.tenant_id, fresh.key as event_key, fresh.id as event_id, fresh.type as event_type
      from unnest($${from}::integer[], ${arrays(NEW_DELIVERY.types, from + 1)}) as u (event_at, ${NEW_DELIVERY.names})
      join fresh on fresh.at = u.event_at),
    made as (${intoPending(schema, 'd')}),
    called as (${pulling(pull)(schema, 'select target_id, tenant_id, due_at from d where lease_token is null')})`
}

function eventColumns(batch: readonly NewEvent[]): unknown[] {
  const bytes = new Bytes()
  for (const { event } of batch) bytes.add(event.data)
  return [
    ...columns(
      batch,
      ({ event }) => event.tenantId,
      ({ event }) => event.sourceId ?? '',
      ({ event }) => event.id,
      ({ event }) => event.type,
      ({ event }) => event.contentType,
      ({ event }) => event.contentHash,
      ({ event }) => event.occurredAt,
      ({ event }) => event.receivedAt,
      ({ event }) => event.requestId,
      ({ event }) => event.trace,
      ({ event }) => event.dedupeUntil,
      ({ deliveries }) => deliveries.length,
    ),
    bytes.offsets,
    bytes.lengths,
    bytes.joined(),
  ]
}
