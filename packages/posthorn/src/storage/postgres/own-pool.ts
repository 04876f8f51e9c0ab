import pg from 'pg'
import { PosthornError } from '../../domain/error.ts'
import type { PgPool } from './client.ts'
import { causeState } from './failures.ts'

/** The server, its port and the database are given up on after so long. */
const CONNECT_MS = 5_000
/** The network may forget a connection that is silent for minutes. */
const KEEP_ALIVE_MS = 30_000

/** @throws PosthornError `config_invalid` */
export function ownPool(connectionString: string, max: number): PgPool {
  try {
    // The pool itself would read it only when it first connects.
    new pg.Client({ connectionString })
  } catch (error) {
    // Not what it says: that holds the URL, and the URL the password.
    throw new PosthornError(
      'config_invalid',
      'The database URL cannot be read. It must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password percent-encoded.',
      { cause: new Error(error instanceof Error ? error.name : 'it cannot be read') },
    )
  }
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: 'posthorn',
  })
  // A connection that breaks while nobody uses it: the next statement gets another one, or says what is wrong.
  pool.on('error', () => undefined)
  return pool as unknown as PgPool
}

/** What is wrong with the settings and does not pass by waiting, if that is what a first statement has failed of. */
export function asConfiguration(error: unknown): unknown {
  const advice = WRONG.find(([prefix]) => causeState(error).startsWith(prefix))?.[1]
  const text = error instanceof Error ? error.message : String(error)
  if (advice !== undefined)
    return new PosthornError('config_invalid', `${advice} (${text})`, { cause: error })
  if (NEEDS_PASSWORD.test(text))
    return new PosthornError(
      'config_invalid',
      `PostgreSQL wants a password, and the database URL has none. (${text})`,
      {
        cause: error,
      },
    )
  return error
}

const NEEDS_PASSWORD = /client password must be a (?:non-empty )?string/
/** By SQLSTATE. */
const WRONG: ReadonlyArray<readonly [prefix: string, advice: string]> = [
  [
    '28',
    'PostgreSQL refused the user or the password of the database URL, or pg_hba.conf does not let them in.',
  ],
  ['3D000', 'There is no such database. Make it, or name another one in the database URL.'],
  [
    '42501',
    "The database user may not make Posthorn's tables: grant it CREATE on the database, or make the schema and give it to the user.",
  ],
  ['0A000', 'The PostgreSQL server does not know what Posthorn needs.'],
]
