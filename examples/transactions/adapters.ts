/**
 * The transactions of other libraries as `posthorn.publish(event, { transaction })` takes them. A client of `pg` needs
 * none of this: `publish(event, { transaction: client })`.
 */
import { type SQL, sql } from 'drizzle-orm'
import { CompiledQuery, type Transaction } from 'kysely'
import type { ApplicationTransaction } from 'posthorn'

/** `db.transaction().execute(async (trx) => { … publish(event, { transaction: fromKysely(trx) }) })` */
export function fromKysely<DB>(trx: Transaction<DB>): ApplicationTransaction {
  const query = async (text: string, values: readonly unknown[]) =>
    (await trx.executeQuery<Record<string, unknown>>(CompiledQuery.raw(text, [...values]))).rows
  return { query, execute: query }
}

/** What of a transaction of Drizzle on `node-postgres` is used. */
interface DrizzleTransaction {
  execute(query: SQL): Promise<{ readonly rows: Array<Record<string, unknown>> }>
}

/** `db.transaction(async (tx) => { … publish(event, { transaction: fromDrizzle(tx) }) })` */
export function fromDrizzle(tx: DrizzleTransaction): ApplicationTransaction {
  // Drizzle numbers parameters itself: each `$1` becomes one, arrays as they are.
  const bound = (text: string, values: readonly unknown[]) =>
    sql.join(
      text
        .split(/\$(\d+)/)
        .map((part, index) => (index % 2 === 0 ? sql.raw(part) : sql.param(values[Number(part) - 1]))),
    )
  const query = async (text: string, values: readonly unknown[]) =>
    (await tx.execute(bound(text, values))).rows
  return { query, execute: query }
}

/** What of Prisma's interactive transaction is used. */
export interface PrismaTransaction {
  $queryRawUnsafe<T>(text: string, ...values: unknown[]): Promise<T>
  $executeRawUnsafe(text: string, ...values: unknown[]): Promise<number>
}

/** `prisma.$transaction(async (tx) => { … publish(event, { transaction: fromPrisma(tx) }) })` */
export function fromPrisma(tx: PrismaTransaction): ApplicationTransaction {
  return {
    query: (text, values) => tx.$queryRawUnsafe(text, ...values),
    execute: (text, values) => tx.$executeRawUnsafe(text, ...values),
  }
}
