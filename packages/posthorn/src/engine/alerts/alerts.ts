import type { Alert } from '../../domain/alert.ts'
import { readNumberCursor, writeCursor } from '../../domain/cursor.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Store } from '../../ports/store.ts'
import { checkLimit } from '../directory/records.ts'
import type { Page, PageRequest } from '../page.ts'
import type { AlertUseCases } from './use-cases.ts'

export class Alerts implements AlertUseCases {
  readonly #alerts: Store['alerts']

  constructor({ store }: { readonly store: Pick<Store, 'alerts'> }) {
    this.#alerts = store.alerts
  }

  async list(
    tenantId: TenantId | null,
    { state }: { readonly state: 'open' | 'closed' | null },
    { limit, cursor }: PageRequest,
  ): Promise<Page<Alert>> {
    checkLimit(limit)
    const scope = { list: 'alerts', filter: { tenantId, state } }
    const before = readNumberCursor(scope, cursor)
    const found = await this.#alerts.find({ tenantId, state, before, limit: limit + 1 })
    const items = found.slice(0, limit)
    const last = items.at(-1)
    const next = found.length > limit && last ? writeCursor(scope, last.cursor) : null
    return { items: items.map(({ record }) => record), next }
  }
}
