import { PosthornError } from '../domain/error.ts'
import type { ApplicationTransaction, PgTransaction } from '../ports/application-sql.ts'

/**
 * A client of `pg` gives its rows within a result, and has one method for everything.
 * @throws PosthornError `config_invalid` for what is neither
 */
export function applicationTransaction(
  given: ApplicationTransaction | PgTransaction,
): ApplicationTransaction {
  if (typeof given !== 'object' || given === null || typeof given.query !== 'function')
    throw new PosthornError(
      'config_invalid',
      'transaction must be a client of pg in its transaction, or an object with the methods query(text, values), which gives rows, and execute(text, values). For Kysely, Drizzle and Prisma that is an adapter of a few lines, see examples/transactions.',
    )
  if ('execute' in given && typeof given.execute === 'function') return given
  const client = given as PgTransaction
  const query = async (text: string, values: readonly unknown[]) =>
    (await client.query(text, [...values])).rows as ReadonlyArray<Readonly<Record<string, unknown>>>
  return { query, execute: query }
}
