/** What is known of a schema as the place of a copy: facts, which a server looks at when it starts. */
import { PosthornError } from '../../../domain/error.ts'
import type { CopyPlace } from '../../../ports/copy.ts'
import { fillers } from '../migrations/0001-deliveries.ts'
import type { Query } from '../session.ts'

const COPYING = 'copying'
const COPIED = 'copied'

/** @throws PosthornError `store_unfinished` */
export async function refuseUnfinished(query: Query, schema: string): Promise<void> {
  if ((await factOf(query, schema, COPYING)) !== null)
    throw new PosthornError(
      'store_unfinished',
      `A copy into the schema ${schema} of this database was begun and has not ended: wait for "posthorn migrate --from", or run it again. Nothing is served from half a copy.`,
    )
}

export async function placeOf(query: Query, schema: string): Promise<CopyPlace> {
  if ((await factOf(query, schema, COPYING)) !== null) return { state: 'copying' }
  const copied = await factOf(query, schema, COPIED)
  if (copied !== null) {
    const [digest = '', at = ''] = copied.split(' ')
    return { state: 'copied', digest, at: Number(at) }
  }
  const [row] = await query.rows<{ used: boolean }>(
    `select exists (select 1 from ${schema}.tenants) or exists (select 1 from ${schema}.event_ids)
      or exists (select 1 from ${schema}.processes) or exists (select 1 from ${schema}.facts where name = 'secret key')
      as used`,
  )
  return { state: row?.used ? 'used' : 'empty' }
}

const TABLES = [
  ...['tenants', 'event_types', 'sources', 'subscriptions', 'api_keys', 'replays', 'events', 'event_ids'],
  ...['pending', 'ended', 'attempts', 'requests', 'used_tokens', 'lanes', 'lane_calls', 'config_changes'],
  ...['alert_rules', 'alerts', 'bulks', 'bulk_items', 'minutes', 'audit', 'sessions', 'secret_uses'],
]

/** Only our tables: the schema may hold other things, such as `public` does. */
export async function beginCopy(query: Query, schema: string): Promise<void> {
  await query.once(`truncate ${TABLES.map((table) => `${schema}.${table}`).join(', ')} restart identity`)
  await query.once(fillers(schema))
  await setFact(query, schema, COPYING, '')
}

export async function endCopy(
  query: Query,
  schema: string,
  about: { readonly digest: string; readonly secretKey: string; readonly at: number },
): Promise<void> {
  await query.rows(`delete from ${schema}.facts where name = $1`, COPYING)
  await setFact(query, schema, COPIED, `${about.digest} ${about.at}`)
  await setFact(query, schema, 'secret key', about.secretKey)
}

async function factOf(query: Query, schema: string, name: string): Promise<string | null> {
  const [row] = await query.rows<{ value: string }>(`select value from ${schema}.facts where name = $1`, name)
  return row?.value ?? null
}

async function setFact(query: Query, schema: string, name: string, value: string): Promise<void> {
  await query.rows(
    `insert into ${schema}.facts (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`,
    name,
    value,
  )
}
