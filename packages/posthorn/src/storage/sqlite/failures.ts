/** What SQLite says, in the words of the catalogue; and errors as data, to cross from one thread to another. */
import { type ErrorCode, isPosthornError, PosthornError } from '../../domain/error.ts'

/** Result codes of https://sqlite.org/rescode.html, and what somebody can do about each. */
const UNAVAILABLE: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY: another program holds a lock on posthorn.db. Close it (a database shell, a backup) and try again.',
  6: 'SQLITE_LOCKED: another program holds a lock on a table of posthorn.db. Close it and try again.',
  7: 'SQLITE_NOMEM: the process has no memory left. Give it more, or send less at once.',
  8: 'SQLITE_READONLY: posthorn.db cannot be written. Make the file and its folder writable for this user.',
  10: 'SQLITE_IOERR: reading or writing the data folder failed. Look at the disk and the log of the system.',
  13: 'SQLITE_FULL: the disk is full. Free some space, or shorten the retention.',
  14: 'SQLITE_CANTOPEN: a file in the data folder cannot be opened. Look at its permissions and the limit of open files.',
}
const DAMAGED: Readonly<Record<number, string>> = {
  11: 'SQLITE_CORRUPT: posthorn.db is damaged. Stop, keep a copy of the folder, and restore a backup.',
  26: 'SQLITE_NOTADB: posthorn.db is not a SQLite database. Name another data folder, or restore a backup.',
}
const CONSTRAINT = 19

/** After which time a caller may try again, in seconds. */
const RETRY_AFTER_S = 5

/** An error of this package for whatever was thrown. */
export function toPosthornError(thrown: unknown): PosthornError {
  if (isPosthornError(thrown)) return thrown
  const code = resultCode(thrown)
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  const unavailable = UNAVAILABLE[code]
  if (unavailable !== undefined)
    return new PosthornError('store_unavailable', `${unavailable} (${text})`, {
      retryAfterS: RETRY_AFTER_S,
      cause: thrown,
    })
  const damaged = DAMAGED[code]
  if (damaged !== undefined)
    return new PosthornError('store_damaged', `${damaged} (${text})`, { cause: thrown })
  if (isSystemError(thrown))
    return new PosthornError(
      'store_unavailable',
      `The data folder cannot be used: ${text}. Make it and its files readable and writable for this user.`,
      { retryAfterS: RETRY_AFTER_S, cause: thrown },
    )
  const kind = code === CONSTRAINT ? 'The store refused a row that breaks its rules' : 'The store failed'
  return new PosthornError('internal', `${kind}: ${text}`, { cause: thrown })
}

/** SQLite's primary result code, or 0 for an error that is not SQLite's. */
export function resultCode(thrown: unknown): number {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return 0
  return Number(thrown.errcode) & 0xff
}

/** An error of the operating system, from `node:fs`: EACCES, EROFS, EISDIR … */
function isSystemError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown
}

export interface Failure {
  readonly code: ErrorCode
  readonly detail: string
  readonly retryAfterS: number | null
}

export function toFailure(thrown: unknown): Failure {
  const error = toPosthornError(thrown)
  return { code: error.code, detail: error.message, retryAfterS: error.retryAfterS }
}

export function fromFailure(failure: Failure): PosthornError {
  return new PosthornError(
    failure.code,
    failure.detail,
    failure.retryAfterS === null ? {} : { retryAfterS: failure.retryAfterS },
  )
}
