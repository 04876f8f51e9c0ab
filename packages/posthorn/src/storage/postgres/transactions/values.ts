import { PosthornError } from '../../../domain/error.ts'
import type { SqlParams, SqlValue } from '../../../ports/transactions.ts'
import { bytes, OIDS, type TypeParsers } from '../client.ts'

/** Of the application's own columns. What has no counterpart stays the text that PostgreSQL writes. */
export const APPLICATION_TYPES: TypeParsers = {
  getTypeParser: (oid) => PARSERS.get(oid) ?? ((text) => text),
}

const PARSERS: ReadonlyMap<number, (text: string) => SqlValue> = new Map<number, (text: string) => SqlValue>([
  [OIDS.bool, (text) => text === 't'],
  [OIDS.bytea, bytes],
  [OIDS.int8, whole],
  ...[OIDS.int2, OIDS.int4, OIDS.float4, OIDS.float8].map((oid) => [oid, Number] as const),
])

function whole(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** @throws PosthornError `sql_failed` for what PostgreSQL has no place for, or would take for something else */
export function checkedParams(params: SqlParams): unknown[] {
  if (!isList(params))
    throw new PosthornError(
      'sql_failed',
      'PostgreSQL takes values in order: give them as an array, and write $1, $2 … in the SQL.',
    )
  return params.map((value, index) => checked(value, index + 1))
}

function isList(params: SqlParams): params is readonly SqlValue[] {
  return Array.isArray(params)
}

function checked(value: unknown, place: number): unknown {
  if (value === null) return value
  if (['number', 'string', 'boolean'].includes(typeof value)) return value
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const kind = typeof value === 'object' ? (value?.constructor?.name ?? 'object') : typeof value
  throw new PosthornError(
    'sql_failed',
    `Parameter ${place} is of type ${kind}: give null, a number, bigint, text, boolean or Uint8Array; anything else as the text that PostgreSQL reads (JSON, an ISO date, {1,2}).`,
  )
}
