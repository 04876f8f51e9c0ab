/** When each secret of a source has last verified a request: one row each, written once a minute at most. */
import type { SourceId, TenantId } from '../../domain/ids.ts'
import type { SecretUse } from '../../ports/request-store.ts'
import { columns } from './columns.ts'
import type { Query } from './session.ts'

/** In one order, so that processes that note the same secrets do not wait in a circle. */
export async function noteUses(query: Query, schema: string, batch: readonly SecretUse[]): Promise<void> {
  if (batch.length === 0) return
  await query.rows(
    `insert into ${schema}.secret_uses as u (source_id, secret, tenant_id, used_at)
    select source_id, secret, min(tenant_id), max(used_at)
    from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as t (source_id, secret, tenant_id, used_at)
    group by source_id, secret order by source_id, secret
    on conflict (source_id, secret) do update set used_at = greatest(u.used_at, excluded.used_at)`,
    ...columns(
      batch,
      ({ sourceId }) => sourceId,
      ({ secret }) => secret,
      ({ tenantId }) => tenantId,
      ({ usedAt }) => usedAt,
    ),
  )
}

export async function usesOf(
  query: Query,
  schema: string,
  tenantId: TenantId,
  sourceIds: readonly SourceId[],
): Promise<SecretUse[]> {
  const rows = await query.rows<{ source_id: SourceId; secret: string; used_at: number }>(
    `select source_id, secret, used_at from ${schema}.secret_uses
    where source_id = any($1::text[]) and tenant_id = $2`,
    sourceIds,
    tenantId,
  )
  return rows.map(({ source_id, secret, used_at }) => ({
    ...{ tenantId, sourceId: source_id, secret, usedAt: used_at },
  }))
}

export async function forgetUses(
  query: Query,
  schema: string,
  tenantId: TenantId,
  sourceId: SourceId,
  keep: readonly string[],
): Promise<void> {
  await query.rows(
    `delete from ${schema}.secret_uses where source_id = $1 and tenant_id = $2 and secret <> all($3::text[])`,
    sourceId,
    tenantId,
    keep,
  )
}
