// Fatal: bytes that are not UTF-8 are no JSON text. A byte order mark is skipped.
const decoder = new TextDecoder('utf-8', { fatal: true })

/** The body parsed as JSON; undefined when the content type says something else or the bytes are not JSON. */
export function parseJson(body: Uint8Array, contentType: string | undefined): unknown {
  if (contentType !== undefined && !/[/+]json\b/i.test(contentType)) return undefined
  try {
    return JSON.parse(decoder.decode(body))
  } catch {
    return undefined
  }
}

/** The text or number under a path of own keys, as text. */
export function textAt(value: unknown, path: readonly string[]): string | undefined {
  let at: unknown = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  if (typeof at === 'number') return String(at)
  return typeof at === 'string' && at !== '' ? at : undefined
}

export function isBytes(value: unknown): value is Uint8Array {
  // Not instanceof alone: bytes of another realm (a VM, an iframe) are bytes too. A Buffer is one.
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}

const ADVICE = 'give verify the raw bytes, taken before any body parser (express.json(), request.json(), …)'

/** What stands where the bytes should be, and what to do. */
export function notBytes(value: unknown): string {
  if (value === undefined || value === null) return `the body is missing; ${ADVICE}`
  if (typeof value === 'string') return `the body is a string, a body parser has decoded it; ${ADVICE}`
  if (value instanceof ArrayBuffer) return 'the body is an ArrayBuffer; give verify new Uint8Array(body)'
  return `the body is ${typeof value === 'object' ? 'an object' : `a ${typeof value}`}, a body parser was there first; ${ADVICE}`
}
