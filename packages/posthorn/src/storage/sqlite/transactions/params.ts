import { PosthornError } from '../../../domain/error.ts'
import type { SqlParams, SqlValue } from '../../../ports/transactions.ts'

/**
 * Parameters as they may cross to a thread, bytes without the buffer that they are a view of.
 * @throws PosthornError `sql_failed` for a value that SQLite cannot hold, before half of the statements were run
 */
export function checkedParams(params: SqlParams): SqlParams {
  if (Array.isArray(params)) return params.map((value, index) => checked(value, `${index + 1}`))
  if (typeof params !== 'object' || params === null || ArrayBuffer.isView(params))
    throw new PosthornError('sql_failed', 'The parameters must be an array, or an object of named values.')
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, checked(value, name)]))
}

function checked(value: unknown, name: string): SqlValue {
  if (value === null) return value
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value
  if (value instanceof Uint8Array)
    return value.byteLength === value.buffer.byteLength ? value : Uint8Array.from(value)
  const kind = typeof value === 'object' ? (value?.constructor?.name ?? 'object') : typeof value
  throw new PosthornError(
    'sql_failed',
    `Parameter ${name} is of type ${kind}: SQLite holds null, numbers, bigint, text and Uint8Array. Turn it into one of these (1 or 0, JSON text, an ISO date).`,
  )
}
