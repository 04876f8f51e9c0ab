import { createHash } from 'node:crypto'

/** A line as it is sent, or why it is not one, as the end of a sentence; null: an empty line. */
export type EventLine = { readonly json: Buffer } | { readonly flaw: string } | null

/** How the id of a line is made that has none. */
export type IdMaker = (lineNumber: number, bytes: Uint8Array) => string

/**
 * The same line at the same place gives the same id: a file that is published again, after an interruption or by
 * mistake, makes no second event, and two equal lines are two events.
 */
export const idFromLine: IdMaker = (lineNumber, bytes) => {
  const digest = createHash('sha256').update(`${lineNumber}\n`).update(bytes).digest('base64url')
  return `line_${digest.slice(0, 32)}`
}

/**
 * Looks whether a line may be an event, and gives it an id if it has none. Everything else is for the server to judge.
 * The bytes stay as they are: what is signed later is what stands in the file.
 */
export function eventLine(lineNumber: number, bytes: Buffer, makeId: IdMaker): EventLine {
  const text = bytes.toString('utf8')
  if (text.trim() === '') return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { flaw: `is not JSON: ${(error as Error).message}` }
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { flaw: 'is no JSON object, such as {"event_type":"user.signed_up","data":{}}' }
  if (!Object.hasOwn(value, 'event_type')) return { flaw: 'has no event_type' }
  if (Object.hasOwn(value, 'event_id')) return { json: bytes }
  const start = bytes.indexOf('{') + 1
  const id = Buffer.from(`"event_id":${JSON.stringify(makeId(lineNumber, bytes))},`)
  return { json: Buffer.concat([bytes.subarray(0, start), id, bytes.subarray(start)]) }
}
