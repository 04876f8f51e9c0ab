/**
 * Headers of a request in any of the usual shapes; names in any case. Node's `req.headers` is a record, `Headers` and
 * a list of `[name, value]` are iterables.
 */
export type HeadersInput =
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** Values by lower-case name. A list longer than one means that the header was sent several times. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>

/** The wanted headers; undefined when `given` has none of the shapes. May throw what a hostile object throws. */
export function collectHeaders(given: unknown, wanted: ReadonlySet<string>): HeaderValues | undefined {
  if (typeof given !== 'object' || given === null) return undefined
  // A Map, since names of headers are a stranger's: `__proto__` is a name like any other.
  const found = new Map<string, string[]>()
  for (const entry of entriesOf(given)) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') return undefined
    const name = entry[0].toLowerCase()
    if (!wanted.has(name) || entry[1] === undefined) continue
    const values: unknown[] = Array.isArray(entry[1]) ? entry[1] : [entry[1]]
    if (!values.every((value) => typeof value === 'string')) return undefined
    const before = found.get(name)
    if (before) before.push(...values)
    else if (values.length > 0) found.set(name, [...values])
  }
  return found
}

function entriesOf(given: object): Iterable<unknown> {
  if (Symbol.iterator in given) return given as Iterable<unknown>
  return Object.entries(given)
}
