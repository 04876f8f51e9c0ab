/** Configuration by the hundred thousand, written by SQL before the server opens its store. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Tenant } from '../packages/posthorn/src/domain/records.ts'
import type { Subscription } from '../packages/posthorn/src/domain/subscription.ts'
import { openPostgresStore } from '../packages/posthorn/src/storage/postgres/open.ts'
import { openSqliteStore } from '../packages/posthorn/src/storage/sqlite/open.ts'
import { systemClock } from '../packages/posthorn/src/system/clock.ts'
import { createSecretBox } from '../packages/posthorn/src/system/secret-box.ts'
import { BENCH_SECRET_KEY } from './keys.ts'
import type { Place } from './rig.ts'

/** A statement with `@count` and texts as `$1`, `$2`, run where the store is. */
type Run = (sql: string, texts: readonly string[]) => Promise<unknown>

/** @param url of PostgreSQL; null: SQLite in the place's folder */
export async function filling(
  url: string | null,
  place: Place,
  work: (fill: Filling) => Promise<void>,
): Promise<void> {
  if (url === null) await fillSqlite(place, work)
  else await fillPostgres(url, place, work)
}

async function fillPostgres(url: string, { schema }: Place, work: (fill: Filling) => Promise<void>) {
  await (await openPostgresStore({ database: url, schema, clock: systemClock })).close()
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const numbers = (count: number) => `generate_series(1, ${count}) n`
    await work(new Filling((sql, texts) => client.query(sql, [...texts]), `${schema}.`, numbers, '::text'))
    await client.query('analyze')
  } finally {
    await client.end()
  }
}

async function fillSqlite({ dataDir }: Place, work: (fill: Filling) => Promise<void>) {
  const nextTurn = (run: () => void) => systemClock.nextTurn(run)
  await (await openSqliteStore({ dataDir, nextTurn, thread: false })).close()
  const db = new DatabaseSync(join(dataDir, 'posthorn.db'))
  try {
    const numbers = (count: number) =>
      `(with recursive c (n) as (select 1 union all select n + 1 from c where n < ${count}) select n from c)`
    const run: Run = async (sql, texts) => db.prepare(sql.replaceAll('$', '?')).run(...texts)
    await work(new Filling(run, '', numbers, ''))
  } finally {
    db.close()
  }
}

export class Filling {
  readonly #run: Run
  readonly #prefix: string
  readonly #numbers: (count: number) => string
  readonly #text: string

  constructor(run: Run, prefix: string, numbers: (count: number) => string, text: string) {
    this.#run = run
    this.#prefix = prefix
    this.#numbers = numbers
    this.#text = text
  }

  /** Tenants `t1`, `t2` …, each with one subscription to that type. */
  async tenants(count: number, url: string, type: string): Promise<void> {
    const tenant: Tenant = { id: 'ten_bench@', slug: 't@', name: 'T @', createdAt: systemClock.now() }
    await this.#insert('tenants', count, ["'ten_bench' || n", "'ten_bench' || n", "'t' || n"], tenant)
    const one = subscription('ten_bench@', url, [type])
    await this.#insert('subscriptions', count, ["'ten_bench' || n", "'sub_bench' || n", 'null'], one)
  }

  /** Subscriptions of one tenant, each to a type of its own: `PREFIX.type_1` … */
  async subscriptions(count: number, tenantId: Tenant['id'], url: string, prefix: string): Promise<void> {
    const one = subscription(tenantId, url, [`${prefix}.type_@`])
    await this.#insert('subscriptions', count, [`'${tenantId}'`, "'sub_bench' || n", 'null'], one)
  }

  /** Subscriptions of one tenant to one type. */
  async fan(count: number, tenantId: Tenant['id'], url: string, type: string): Promise<void> {
    const one = subscription(tenantId, url, [type])
    await this.#insert('subscriptions', count, [`'${tenantId}'`, "'sub_fan' || n", 'null'], one, 'sub_fan@')
  }

  /** A tenant with an id and a slug. */
  async tenant(id: Tenant['id'], slug: string): Promise<void> {
    const tenant: Tenant = { id, slug, name: slug, createdAt: systemClock.now() }
    await this.#insert('tenants', 1, [`'${id}'`, `'${id}'`, `'${slug}'`], tenant)
  }

  /** Where the document has `@` the number comes. */
  async #insert(
    table: string,
    count: number,
    [tenantId, id, name]: [string, string, string],
    doc: Tenant | Subscription,
    ownId = doc.id as string,
  ): Promise<void> {
    await this.#run(
      `insert into ${this.#prefix}${table} (tenant_id, id, name, version, doc)
      select ${tenantId}, ${id}, ${name}, 1, replace($1${this.#text}, '@', cast(n as text))
      from ${this.#numbers(count)}`,
      [JSON.stringify({ ...doc, id: ownId })],
    )
  }
}

const sealed = createSecretBox([BENCH_SECRET_KEY]).seal('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')

function subscription(tenantId: Tenant['id'], url: string, events: readonly string[]): Subscription {
  const now = systemClock.now()
  return {
    ...{
      id: 'sub_bench@',
      tenantId,
      name: 'Subscription @',
      url,
      events,
      source: null,
      description: '',
      ownerEmail: null,
    },
    ...{ headers: {}, timeoutMs: 10_000, maxInFlight: 64, rateLimit: null, onClientError: 'retry' },
    ...{ retry: 'standard', signature: { scheme: 'standard', headerPrefix: 'X-Webhook' } },
    ...{ format: 'standard', active: true, disabledReason: null, failingSince: null },
    secrets: [{ sealed, createdAt: now, expiresAt: null }],
    ...{ createdAt: now, updatedAt: now },
  }
}
