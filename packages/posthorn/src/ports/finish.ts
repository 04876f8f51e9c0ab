import type { Attempt } from '../domain/delivery.ts'
import type { DeliveryId } from '../domain/ids.ts'
import type { Transition } from '../domain/transition.ts'

/** The end of a lease, and what came of it. */
export interface Finish {
  readonly deliveryId: DeliveryId
  readonly leaseToken: string
  readonly transition: Transition
  /** null: no attempt was made, the delivery is only handed back. */
  readonly attempt: Attempt | null
}
