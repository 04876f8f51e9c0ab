import type { ApplicationTransaction } from '../../ports/application-sql.ts'
import { toPosthornError } from './failures.ts'
import type { Query } from './session.ts'

/** Columns of type bigint that are read in somebody else's transaction: each library has its own idea of them. */
const NUMBERS: ReadonlySet<string> = new Set(['key', 'fan_out'])

/** A transaction of the application's, as one of ours. Its connection prepares nothing: it is not ours to fill. */
export function borrowed(transaction: ApplicationTransaction): Query {
  return {
    async rows<R>(text: string, ...values: unknown[]): Promise<R[]> {
      try {
        const rows = await transaction.query(text, values)
        return rows.map((row) => Object.fromEntries(Object.entries(row).map(asOurs)) as R)
      } catch (error) {
        throw toPosthornError(error)
      }
    },
  }
}

function asOurs([name, value]: [string, unknown]): [string, unknown] {
  return [name, NUMBERS.has(name) && value !== null ? Number(value) : value]
}
