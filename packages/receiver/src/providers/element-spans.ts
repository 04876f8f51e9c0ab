const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = [0x5b, 0x7b]
const CLOSE = [0x5d, 0x7d]
const COMMA = 0x2c
const COLON = 0x3a

type Span = readonly [from: number, to: number]

const decoder = new TextDecoder()

/**
 * Where the elements of the list at a path of keys stand in JSON that a parser has accepted already; undefined when
 * there is no such list. Of a key that is there twice the last one counts, as for `JSON.parse`.
 */
export function elementSpans(bytes: Uint8Array, path: readonly string[]): readonly Span[] | undefined {
  let at = skipBlank(bytes, hasMark(bytes) ? 3 : 0)
  for (const key of path) {
    if (bytes[at] !== 0x7b) return undefined
    const found = members(bytes, at).findLast(([name]) => name === key)
    if (!found) return undefined
    at = found[1]
  }
  return bytes[at] === 0x5b ? elements(bytes, at) : undefined
}

function elements(bytes: Uint8Array, open: number): Span[] {
  const spans: Span[] = []
  let at = skipBlank(bytes, open + 1)
  while (at < bytes.length && bytes[at] !== 0x5d) {
    const to = skipValue(bytes, at)
    spans.push([at, to])
    at = skipBlank(bytes, to)
    if (bytes[at] === COMMA) at = skipBlank(bytes, at + 1)
  }
  return spans
}

/** Names of an object's members and where their values begin. */
function members(bytes: Uint8Array, open: number): [name: unknown, at: number][] {
  const found: [unknown, number][] = []
  let at = skipBlank(bytes, open + 1)
  while (at < bytes.length && bytes[at] !== 0x7d) {
    const end = skipValue(bytes, at)
    const name: unknown = JSON.parse(decoder.decode(bytes.subarray(at, end)))
    at = skipBlank(bytes, end)
    if (bytes[at] !== COLON) return found
    at = skipBlank(bytes, at + 1)
    found.push([name, at])
    at = skipBlank(bytes, skipValue(bytes, at))
    if (bytes[at] === COMMA) at = skipBlank(bytes, at + 1)
  }
  return found
}

/** The first byte behind the value that begins at `at`. */
function skipValue(bytes: Uint8Array, at: number): number {
  let depth = 0
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === QUOTE) {
      i = stringEnd(bytes, i)
      if (depth === 0) return i + 1
    } else if (OPEN.includes(byte)) depth++
    else if (CLOSE.includes(byte)) {
      // Behind a number, a true or a null comes what closes the list round it.
      if (depth === 0) return i
      depth--
      if (depth === 0) return i + 1
    } else if (depth === 0 && (byte === COMMA || byte <= 0x20)) return i
  }
  return bytes.length
}

function stringEnd(bytes: Uint8Array, open: number): number {
  for (let i = open + 1; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i++
    else if (bytes[i] === QUOTE) return i
  }
  return bytes.length
}

function skipBlank(bytes: Uint8Array, at: number): number {
  let i = at
  while (i < bytes.length && bytes[i]! <= 0x20) i++
  return i
}

function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}
