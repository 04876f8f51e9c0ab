// An order and its event, committed together or not at all, by each library. Prisma's engine is a download of its own:
// a stand-in with its two methods, on pg, shows the shape.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { type ApplicationTransaction, createPosthorn, type PgTransaction, type Posthorn } from 'posthorn'
import { startTarget, type Target } from 'posthorn/testing'
import { findPostgres } from '../../test/servers/postgres.ts'
import type { Server } from '../../test/servers/server.ts'
import { fromDrizzle, fromKysely, fromPrisma, type PrismaTransaction } from './adapters.ts'

const NAME = `orders_${process.pid}`
const INSERT = `insert into ${NAME} (id) values ($1)`

interface Tables {
  [name: string]: { id: string }
}

/** Does the application's own write, then hands over what publishes; rolls back what throws. */
type Within = (
  id: string,
  work: (transaction: ApplicationTransaction | PgTransaction) => Promise<void>,
) => Promise<void>

let server: Server
let pool: pg.Pool
let posthorn: Posthorn
let target: Target

before(
  async () => {
    server = await findPostgres()
    pool = new pg.Pool({ connectionString: server.url, max: 8 })
    await pool.query(`create table ${NAME} (id text primary key)`)
    target = await startTarget()
    posthorn = await createPosthorn({
      postgres: pool,
      databaseSchema: NAME,
      secretKey: 'a secret key for this example only',
      allowHttp: true,
      allowNetworks: ['127.0.0.0/8'],
      logger: { info() {}, warn() {}, error() {} },
    })
    const { id } = await posthorn.use.tenants.get('default')
    await posthorn.use.subscriptions.create(id, { name: 'all', url: target.url, events: ['*'] })
    await posthorn.start()
  },
  { timeout: 240_000 },
)

after(async () => {
  await posthorn?.stop()
  await target?.close()
  await pool?.query(`drop table ${NAME}; drop schema ${NAME} cascade`)
  await pool?.end()
  await server?.stop()
})

async function inPg(work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await work(client)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** Columns of type bigint as bigints. */
function asPrismaGives(row: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(row).map(([name, value]) =>
    typeof value === 'string' && /^\d+$/.test(value) ? [name, BigInt(value)] : [name, value],
  )
  return Object.fromEntries(given)
}

const LIBRARIES: Record<string, Within> = {
  pg: (id, work) =>
    inPg(async (client) => {
      await client.query(INSERT, [id])
      await work(client)
    }),
  Kysely: (id, work) =>
    new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).transaction().execute(async (trx) => {
      await trx.insertInto(NAME).values({ id }).execute()
      await work(fromKysely(trx))
    }),
  Drizzle: (id, work) =>
    drizzle(pool).transaction(async (tx) => {
      await tx.execute(sql`insert into ${sql.identifier(NAME)} (id) values (${id})`)
      await work(fromDrizzle(tx))
    }),
  Prisma: (id, work) =>
    inPg(async (client) => {
      const tx: PrismaTransaction = {
        $queryRawUnsafe: async <T>(text: string, ...values: unknown[]) =>
          (await client.query(text, values)).rows.map(asPrismaGives) as T,
        $executeRawUnsafe: async (text, ...values) => (await client.query(text, values)).rowCount ?? 0,
      }
      await tx.$executeRawUnsafe(INSERT, id)
      await work(fromPrisma(tx))
    }),
}

async function orders(id: string): Promise<number> {
  return (await pool.query(`select from ${NAME} where id = $1`, [id])).rowCount ?? 0
}

for (const [library, within] of Object.entries(LIBRARIES)) {
  test(`${library}: what is committed is delivered`, async () => {
    const id = `${library}-1`
    const event = { id, type: 'order.paid', data: { id } }
    await within(id, async (transaction) => {
      assert.deepEqual(await posthorn.publish(event, { transaction }), {
        eventId: id,
        deliveries: 1,
        duplicate: false,
      })
    })
    const request = await target.next()
    assert.equal(request.headers.find(([name]) => name.toLowerCase() === 'webhook-id')?.[1], id)
    assert.equal(await orders(id), 1)
    await within(`${id}-again`, async (transaction) => {
      assert.deepEqual(await posthorn.publish(event, { transaction }), {
        eventId: id,
        deliveries: 1,
        duplicate: true,
      })
    })
  })

  test(`${library}: what is rolled back was never there`, async () => {
    const id = `${library}-2`
    const failure = new Error('the card was refused')
    const trying = within(id, async (transaction) => {
      await posthorn.publish({ id, type: 'order.paid', data: {} }, { transaction })
      throw failure
    })
    await assert.rejects(trying, failure)
    assert.equal(await orders(id), 0)
    const { id: tenantId } = await posthorn.use.tenants.get('default')
    await assert.rejects(posthorn.use.events.get(tenantId, id), { code: 'not_found' })
    // The id is free, and what comes now is delivered as if nothing had been.
    await posthorn.publish({ id, type: 'order.paid', data: {} })
    const request = await target.next()
    assert.equal(request.headers.find(([name]) => name.toLowerCase() === 'webhook-id')?.[1], id)
  })
}
