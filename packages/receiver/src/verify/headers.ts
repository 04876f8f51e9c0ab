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
  if (Symbol.iterator in given) {
    for (const entry of given as Iterable<unknown>)
      if (
        !Array.isArray(entry) ||
        typeof entry[0] !== 'string' ||
        !collect(found, wanted, entry[0], entry[1])
      )
        return undefined
    return found
  }
  for (const name of Object.keys(given))
    if (!collect(found, wanted, name, (given as Record<string, unknown>)[name])) return undefined
  return found
}

function collect(
  found: Map<string, string[]>,
  wanted: ReadonlySet<string>,
  given: string,
  value: unknown,
): boolean {
  const name = given.toLowerCase()
  if (!wanted.has(name) || value === undefined) return true
  const before = found.get(name)
  if (typeof value === 'string') {
    if (before) before.push(value)
    else found.set(name, [value])
    return true
  }
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string')) return false
  if (before) before.push(...value)
  else if (value.length > 0) found.set(name, [...value])
  return true
}
