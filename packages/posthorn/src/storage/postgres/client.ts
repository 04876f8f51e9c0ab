/** What of `pg` is used, so that a pool of the application's is taken as it is. */
import pg from 'pg'

export interface PgPool {
  connect(): Promise<PgClient>
  end(): Promise<void>
  /** Of `pg.Pool`: how it was made. */
  readonly options?: { readonly max?: number }
}

export interface PgClient {
  query(config: QueryConfig): Promise<PgResult>
  release(destroy?: boolean | Error): void
  /** Of the server's process behind it. */
  readonly processID?: number | null
  on(event: 'notification' | 'error' | 'end', listener: (about?: unknown) => void): unknown
}

export interface PgResult {
  readonly rows: unknown[]
  readonly rowCount: number | null
  /** What was done: `COMMIT`, `ROLLBACK`, `SELECT` … */
  readonly command: string
}

export interface QueryConfig {
  readonly text: string
  readonly values?: readonly unknown[]
  /** Of a statement that the connection keeps prepared. */
  readonly name?: string
  readonly types?: TypeParsers
  /** After so long the caller is told, whatever the server does. */
  readonly query_timeout?: number
  /** `extended`: one statement a text, also without values. */
  readonly queryMode?: 'extended'
}

export interface TypeParsers {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown
}

export const OIDS = { bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, float4: 700, float8: 701 } as const

/** Bytes are bytes, and bigint is a number: times and keys stay below 2^53. Given with each statement, so that a borrowed pool keeps its own. */
export const TYPES: TypeParsers = {
  getTypeParser: (oid, format) =>
    oid === OIDS.int8 ? Number : oid === OIDS.bytea ? bytes : pg.types.getTypeParser(oid, format as 'text'),
}

/** As `\x` and hexadecimal digits: the form of every server since 9.0. */
export function bytes(text: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(text.slice(2), 'hex')
  return new Uint8Array(buffer, byteOffset, byteLength)
}

const watched = new WeakSet<PgClient>()

/**
 * A connection that breaks tells of it as an event too, which would end the process where nobody listens: the pool does
 * so only while it is not lent.
 */
export function watch(client: PgClient): PgClient {
  if (!watched.has(client)) {
    watched.add(client)
    client.on('error', () => undefined)
  }
  return client
}
