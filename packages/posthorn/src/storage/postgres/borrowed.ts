import { PosthornError } from '../../domain/error.ts'
import type { ApplicationTransaction } from '../../ports/application-sql.ts'
import { causeState, toPosthornError } from './failures.ts'
import type { Query } from './session.ts'

/** Columns of type bigint that are read in somebody else's transaction: each library has its own idea of them. */
const NUMBERS: ReadonlySet<string> = new Set(['at', 'stored', 'key', 'fan_out'])

/** SQLSTATE: no such table, no such schema. */
const NOT_HERE = ['42P01', '3F000']

/** A transaction of the application's, as one of ours. Its connection prepares nothing: it is not ours to fill. */
export function borrowed(transaction: ApplicationTransaction): Query {
  return {
    async rows<R>(text: string, ...values: unknown[]): Promise<R[]> {
      const rows = await transaction.query(text, values).catch(explain)
      return rows.map((row) => Object.fromEntries(Object.entries(row).map(asOurs)) as R)
    },
    async once(text: string): Promise<void> {
      await transaction.execute(text, []).catch(explain)
    },
  }
}

/** Libraries wrap what `pg` has thrown, each in its own way. */
function explain(thrown: unknown): never {
  if (!NOT_HERE.includes(causeState(thrown))) throw toPosthornError(thrown)
  throw new PosthornError(
    'config_invalid',
    `The transaction is not one of the database that Posthorn's own tables are in: ${String(thrown)}`,
    { cause: thrown },
  )
}

function asOurs([name, value]: [string, unknown]): [string, unknown] {
  return [name, NUMBERS.has(name) && value !== null ? Number(value) : value]
}
