import { buildBody } from '../../domain/body.ts'
import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { StoredEvent } from '../../domain/event.ts'
import type { Tenant } from '../../domain/records.ts'
import type { BodyFormat } from '../../domain/subscription.ts'

/**
 * Shares one event's bytes between its deliveries: those of a publish are attempted one after the other, so the last
 * body of each format is all that is worth keeping. (A weak map of all events in flight cost the collector more than
 * the bodies cost to make.)
 */
export class BodyMemo {
  readonly #last = new Map<BodyFormat, { readonly event: StoredEvent; readonly body: Uint8Array }>()

  body({ event, delivery: { format } }: LeasedDelivery, tenant: Tenant): Uint8Array {
    if (format === 'raw') return event.data
    const last = this.#last.get(format)
    if (last?.event === event) return last.body
    const body = buildBody(format, event, tenant)
    this.#last.set(format, { event, body })
    return body
  }
}
