/**
 * Partitions as tables. None of this holds up those who read and write: a partition is made apart and attached, and it
 * is detached `concurrently` before it is dropped. `create table … partition of` and a plain `drop` would wait for
 * everybody, and everybody for them.
 */
import { firstDeliveryOf } from './days.ts'
import { firstKeyOf } from './keys.ts'
import type { Query, Sessions } from './session.ts'

/** Tables with a partition a day. */
export type Partitioned = 'events' | 'ended' | 'attempts'

/** First part of the advisory lock of whoever makes or drops a partition; the second one is the schema's. */
const PARTITIONS_LOCK = 704_921_732

export function partitionName(table: Partitioned, day: number): string {
  return `${table}_d${day}`
}

/** Makes it if it is not there. */
export async function makePartition(
  sessions: Sessions,
  schema: string,
  table: Partitioned,
  day: number,
): Promise<void> {
  const name = partitionName(table, day)
  if ((await stateOf(sessions, schema, name)) === 'attached') return
  await sessions.transaction(async (query) => {
    await lock(query, schema)
    const state = await stateOf(query, schema, name)
    if (state === 'attached') return
    if (state === 'detaching') await query.once(`${detached(schema, table, name)} finalize`)
    // What a process left that died before it dropped it.
    if (state !== 'absent') await dropEmpty(query, schema, name)
    await query.once(`create table if not exists ${schema}.${name} (like ${schema}.${table} including all)`)
    await attach(query, schema, table, day)
  })
}

/**
 * Drops a partition that is empty. Detaching waits for transactions that may still look at it; nobody waits for that.
 * @returns whether it is gone
 */
export async function dropPartition(
  sessions: Sessions,
  schema: string,
  table: Partitioned,
  day: number,
): Promise<boolean> {
  const name = partitionName(table, day)
  const state = await stateOf(sessions, schema, name)
  if (state === 'attached') await sessions.once(`${detached(schema, table, name)} concurrently`)
  else if (state === 'detaching') await sessions.once(`${detached(schema, table, name)} finalize`)
  return sessions.transaction(async (query) => {
    await lock(query, schema)
    if ((await stateOf(query, schema, name)) !== 'alone') return false
    const gone = await dropEmpty(query, schema, name)
    // Somebody has written to it at the last moment.
    if (!gone) await attach(query, schema, table, day)
    return gone
  })
}

async function dropEmpty(query: Query, schema: string, name: string): Promise<boolean> {
  const rows = await query.rows(`select 1 from ${schema}.${name} limit 1`)
  if (rows.length === 0) await query.once(`drop table ${schema}.${name}`)
  return rows.length === 0
}

/** Whether a day's partition may go: nothing is in it, and nothing will be soon. */
export async function isIdle(
  query: Query,
  schema: string,
  table: Partitioned,
  day: number,
): Promise<boolean> {
  const [row] = await query.rows<{ idle: boolean }>(
    `select not exists (select 1 from ${schema}.${partitionName(table, day)}) and not exists (
      select 1 from ${schema}.pending where id >= $1 and ($2::text is null or id < $2)) as idle`,
    firstDeliveryOf(day) ?? '',
    firstDeliveryOf(day + 1),
  )
  return row?.idle === true
}

function detached(schema: string, table: Partitioned, name: string): string {
  return `alter table ${schema}.${table} detach partition ${schema}.${name}`
}

async function attach(query: Query, schema: string, table: Partitioned, day: number): Promise<void> {
  const name = partitionName(table, day)
  await query.once(
    `alter table ${schema}.${table} attach partition ${schema}.${name} for values ${boundsOf(table, day)}`,
  )
}

/** Days of a table's partitions, oldest first. */
export async function partitionDays(query: Query, schema: string, table: Partitioned): Promise<number[]> {
  const rows = await query.rows<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = to_regclass($1)`,
    `${schema}.${table}`,
  )
  return rows.map(({ name }) => Number(name.slice(partitionName(table, 0).length - 1))).sort((a, b) => a - b)
}

type State = 'attached' | 'detaching' | 'alone' | 'absent'

async function stateOf(query: Query, schema: string, name: string): Promise<State> {
  const [row] = await query.rows<{ state: State }>(
    `select case when i.inhrelid is null then 'alone' when i.inhdetachpending then 'detaching' else 'attached' end as state
    from pg_class c left join pg_inherits i on i.inhrelid = c.oid where c.oid = to_regclass($1)`,
    `${schema}.${name}`,
  )
  return row?.state ?? 'absent'
}

async function lock(query: Query, schema: string): Promise<void> {
  await query.rows('select pg_advisory_xact_lock($1::integer, hashtext($2))', PARTITIONS_LOCK, schema)
}

function boundsOf(table: Partitioned, day: number): string {
  if (table === 'events') return `from (${firstKeyOf(day)}) to (${firstKeyOf(day + 1)})`
  const [from, to] = [firstDeliveryOf(day), firstDeliveryOf(day + 1)]
  return `from (${from === null ? 'minvalue' : `'${from}'`}) to (${to === null ? 'maxvalue' : `'${to}'`})`
}
