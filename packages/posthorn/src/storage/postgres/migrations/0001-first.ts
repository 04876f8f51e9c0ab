import type { Migration } from '../migrate.ts'
import { deliveryTables } from './0001-deliveries.ts'
import { eventTables } from './0001-events.ts'
import { recordTables } from './0001-records.ts'

/** Text is compared by bytes (collation C), as ids must be. As few indexes as answer the questions of the port. */
export const first: Migration = {
  number: 1,
  name: 'first',
  oldest: 1,
  sql: (schema) => [eventTables(schema), deliveryTables(schema), recordTables(schema)].join('\n'),
}
