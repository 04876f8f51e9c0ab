/** When each secret of a source has last verified a request: one row each, written once a minute at most. */
import type { SourceId, TenantId } from '../../domain/ids.ts'
import type { SecretUse } from '../../ports/request-store.ts'
import type { Statements } from './database.ts'

export function noteUses(statements: Statements, batch: readonly SecretUse[]): void {
  const put = statements.get(
    `insert into secret_uses (source_id, secret, tenant_id, used_at) values (?, ?, ?, ?)
    on conflict do update set used_at = max(used_at, excluded.used_at)`,
  )
  for (const { sourceId, secret, tenantId, usedAt } of batch) put.run(sourceId, secret, tenantId, usedAt)
}

export function usesOf(
  statements: Statements,
  tenantId: TenantId,
  sourceIds: readonly SourceId[],
): SecretUse[] {
  const read = statements.get('select secret, used_at from secret_uses where source_id = ? and tenant_id = ?')
  return sourceIds.flatMap((sourceId) =>
    read.all(sourceId, tenantId).map((row) => ({
      ...{ tenantId, sourceId },
      ...{ secret: String(row.secret), usedAt: Number(row.used_at) },
    })),
  )
}

export function forgetUses(
  statements: Statements,
  tenantId: TenantId,
  sourceId: SourceId,
  keep: readonly string[],
): void {
  const remove = statements.get(
    'delete from secret_uses where source_id = ? and secret = ? and tenant_id = ?',
  )
  for (const { secret } of usesOf(statements, tenantId, [sourceId]))
    if (!keep.includes(secret)) remove.run(sourceId, secret, tenantId)
}
