import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { Logger } from '../../ports/logger.ts'

/** Lines about one delivery: each carries the ids by which it can be found. */
export function idLogger(logger: Logger, { event, delivery }: LeasedDelivery): Logger {
  const ids = {
    event_id: event.id,
    event_type: event.type,
    tenant_id: event.tenantId,
    request_id: event.requestId,
    delivery_id: delivery.id,
  }
  return {
    info: (text, fields) => logger.info(text, { ...fields, ...ids }),
    warn: (text, fields) => logger.warn(text, { ...fields, ...ids }),
    error: (text, fields) => logger.error(text, { ...fields, ...ids }),
  }
}
