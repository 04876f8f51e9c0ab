import type { AuditEntry } from '../domain/audit.ts'
import type { DeliveryState } from '../domain/delivery.ts'
import type { DeliveryId, TenantId } from '../domain/ids.ts'
import type { Transition } from '../domain/transition.ts'

export interface HandChange {
  readonly tenantId: TenantId
  readonly id: DeliveryId
  readonly from: readonly DeliveryState[]
  readonly transition: Transition
  /** Leases that have ended by then (`until` ≤ `now`) do not stand in the way; epoch ms. */
  readonly now: number
  /** Stored in the same commit, if the change is made. */
  readonly audit?: AuditEntry
}
