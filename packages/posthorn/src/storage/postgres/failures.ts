/** What PostgreSQL says, in the words of the catalogue. https://www.postgresql.org/docs/current/errcodes-appendix.html */
import { isPosthornError, PosthornError } from '../../domain/error.ts'

/** Classes and codes that pass, and what somebody can do about each. */
const UNAVAILABLE: ReadonlyArray<readonly [prefix: string, advice: string]> = [
  ['08', 'The connection to PostgreSQL failed. Look whether the server runs and can be reached.'],
  ['53100', 'The disk of the PostgreSQL server is full. Free some space, or shorten the retention.'],
  ['53300', 'PostgreSQL has no connection left. Raise max_connections, or put a PgBouncer in between.'],
  ['53', 'The PostgreSQL server has too little of something.'],
  ['57P', 'PostgreSQL is shutting down or starting up.'],
  ['57014', 'PostgreSQL took longer than the statement timeout.'],
  ['55P03', 'A row or table was locked by somebody else for too long.'],
  ['40', 'PostgreSQL ended the transaction in favour of another one.'],
  [
    '25006',
    'The PostgreSQL server takes no writes: it is a replica, or default_transaction_read_only is on.',
  ],
  ['58', 'The PostgreSQL server met an error of its system.'],
  ['28', 'PostgreSQL refused the user or the password.'],
  ['3D000', 'There is no such database.'],
  ['42501', 'The database user may not do this.'],
  [
    '26000',
    'The connection has forgotten a prepared statement, as behind a PgBouncer in transaction mode: add ?prepare=false to the database URL.',
  ],
  [
    '42P05',
    'Two share a connection, as behind a PgBouncer in transaction mode: add ?prepare=false to the database URL.',
  ],
]

const RETRY_AFTER_S = 5

/** Thrown in a transaction that met something which another one was changing: it is rolled back and begun anew. */
export class BeginAnew extends Error {
  override readonly name = 'BeginAnew'
}

export function toPosthornError(thrown: unknown): PosthornError {
  if (isPosthornError(thrown)) return thrown
  if (thrown instanceof BeginAnew)
    return new PosthornError('store_unavailable', `Others were changing the same: ${thrown.message}.`, {
      retryAfterS: 1,
      cause: thrown,
    })
  const text = textOf(thrown)
  const code = sqlState(thrown)
  const advice = UNAVAILABLE.find(([prefix]) => code.startsWith(prefix))?.[1]
  if (advice !== undefined || isConnectionError(thrown))
    return new PosthornError(
      'store_unavailable',
      `${advice ?? 'The connection to PostgreSQL failed.'} (${text})`,
      { retryAfterS: RETRY_AFTER_S, cause: thrown },
    )
  // Half a surrogate pair, U+0000.
  if (code === '22021' || code === '22P05')
    return new PosthornError('invalid_request', `PostgreSQL cannot hold this text: ${text}.`, {
      cause: thrown,
    })
  return new PosthornError('internal', `The store failed: ${text}`, { cause: thrown })
}

/** Of a name with several addresses none may have answered: then the error itself says nothing. */
function textOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === '')
    return thrown.errors.map((error) => textOf(error)).join(', ')
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** SQLSTATE, five characters; '' for an error that is not PostgreSQL's. */
export function sqlState(thrown: unknown): string {
  if (!(thrown instanceof Error) || !('code' in thrown) || !('severity' in thrown)) return ''
  return String(thrown.code)
}

/** SQLSTATE of the error or of what caused it, however deep; ''. */
export function causeState(thrown: unknown): string {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const state = sqlState(error)
    if (state !== '') return state
  }
  return ''
}

/** The server has answered and goes on: the connection is as good as before. */
export function isOfServer(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('severity' in thrown)) return false
  // FATAL and PANIC end the connection, in whatever language they are said: 57P is a server that shuts down.
  return !/^(?:FATAL|PANIC)$/.test(String(thrown.severity)) && !/^(?:57P|08)/.test(sqlState(thrown))
}

/** `pg` and `pg-pool` have no codes for these. */
const CONNECTION_TEXT =
  /connection (?:terminated|ended|error)|timeout exceeded when trying to connect|client (?:has encountered|was closed)|not queryable|cannot use a pool after|query read timeout|does not support SSL|certificate/i
const TLS_CODE = /CERT|TLS|SSL/

function isConnectionError(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  if ('syscall' in thrown || thrown instanceof AggregateError) return true
  return CONNECTION_TEXT.test(thrown.message) || ('code' in thrown && TLS_CODE.test(String(thrown.code)))
}
