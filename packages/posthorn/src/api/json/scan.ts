/**
 * Tells where the members of the top-level object of a JSON text stand, so that `data` can be stored as the very bytes
 * that were published: no parse and stringify, which would turn `1.0` into `1` and 12345678901234567890 into another
 * number. One pass checks the grammar and the nesting too.
 */
import { JsonReader } from './reader.ts'

/** Where a value stands: bytes from `start` up to and without `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface ObjectSpan extends Span {
  /** By decoded key, in the order of the source. A Map, because keys are data: `__proto__` is one like any other. */
  readonly members: ReadonlyMap<string, Span>
  /** The first key that is given twice, or null. */
  readonly duplicate: string | null
}

export interface ListSpans {
  readonly root: ObjectSpan
  /** The elements of the member's array; an element that is no object has no `members`. null: not an array. */
  readonly elements: ReadonlyArray<ObjectSpan | Span> | null
  /** How many elements there are; `elements` holds at most `most` of them. */
  readonly count: number
}

/** @throws PosthornError json_malformed, json_too_deep */
export function checkJson(bytes: Buffer, maxDepth: number): void {
  const reader = new JsonReader(bytes, maxDepth)
  reader.begin()
  reader.value(1)
  reader.end()
}

/** @returns null when the text is JSON but not an object. @throws PosthornError json_malformed, json_too_deep */
export function scanObject(bytes: Buffer, maxDepth: number): ObjectSpan | null {
  return scanList(bytes, maxDepth, null, 0)?.root ?? null
}

/**
 * As `scanObject`, and opens the objects in the array under `key`.
 * @param most how many elements are kept: what the caller would refuse need not fill the memory
 */
export function scanList(
  bytes: Buffer,
  maxDepth: number,
  key: string | null,
  most: number,
): ListSpans | null {
  const reader = new JsonReader(bytes, maxDepth)
  reader.begin()
  if (!reader.isObject()) {
    reader.value(1)
    reader.end()
    return null
  }
  let list: { elements: Array<ObjectSpan | Span>; count: number } | null = null
  const root = openObject(reader, 1, (found) => {
    if (found === key && list === null && reader.isArray()) list = openArray(reader, 2, most)
    else reader.value(2)
  })
  reader.end()
  return { root, elements: null, count: 0, ...(list ?? {}) }
}

/** @param readValue reads the value of the key that it is given, at which the reader stands */
function openObject(reader: JsonReader, depth: number, readValue: (key: string) => void): ObjectSpan {
  const start = reader.at
  const members = new Map<string, Span>()
  let duplicate: string | null = null
  for (let more = reader.enter(depth); more; more = reader.next()) {
    const key = reader.key()
    const valueStart = reader.at
    readValue(key)
    if (members.has(key)) duplicate ??= key
    else members.set(key, { start: valueStart, end: reader.at })
  }
  return { start, end: reader.at, members, duplicate }
}

function openArray(
  reader: JsonReader,
  depth: number,
  most: number,
): { elements: Array<ObjectSpan | Span>; count: number } {
  const elements: Array<ObjectSpan | Span> = []
  const skip = () => reader.value(depth + 2)
  let count = 0
  for (let more = reader.enter(depth); more; more = reader.next()) {
    count += 1
    const start = reader.at
    if (count <= most && reader.isObject()) elements.push(openObject(reader, depth + 1, skip))
    else {
      reader.value(depth + 1)
      if (count <= most) elements.push({ start, end: reader.at })
    }
  }
  return { elements, count }
}
