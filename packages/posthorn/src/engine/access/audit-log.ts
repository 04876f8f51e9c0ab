import type { AuditEntry } from '../../domain/audit.ts'
import { readCursor } from '../../domain/cursor.ts'
import type { AuditId, TenantId } from '../../domain/ids.ts'
import type { AuditStore } from '../../ports/audit-store.ts'
import { checkLimit } from '../directory/records.ts'
import { page } from '../page.ts'
import type { Page, PageRequest } from '../use-cases.ts'
import type { Acting, ActingContext } from './acting.ts'
import type { AuditWriter, What } from './audited-records.ts'
import type { AuditFilter, AuditUseCases } from './use-cases.ts'

export interface AuditLogParts {
  readonly audit: AuditStore
  readonly writer: AuditWriter
  readonly context: ActingContext
}

export class AuditLog implements AuditUseCases {
  readonly #parts: AuditLogParts

  constructor(parts: AuditLogParts) {
    this.#parts = parts
  }

  async list(
    tenantId: TenantId | null,
    filter: AuditFilter,
    { limit, cursor }: PageRequest,
  ): Promise<Page<AuditEntry>> {
    checkLimit(limit)
    const scope = { list: 'audit', filter: { tenantId, ...filter } }
    const before = cursor === null ? null : (readCursor(scope, cursor) as AuditId)
    const found = await this.#parts.audit.list({ tenantId, ...filter, before, limit: limit + 1 })
    return page(found, limit, scope, ({ id }) => id)
  }

  run<T>(acting: Acting, work: () => Promise<T>): Promise<T> {
    return this.#parts.context.run(acting, work)
  }

  async note(what: What): Promise<void> {
    const { audit, writer } = this.#parts
    await audit.append([writer.entry(what)])
  }
}
