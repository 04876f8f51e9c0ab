import type { Flaw } from './error.ts'
import { LIMITS } from './limits.ts'
import { pointer } from './pointer.ts'

/** RFC 9110 §5.6.2: what a field name is made of. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 9110 §5.5, visible Latin-1 only: no controls, neither C0 (CR, LF, NUL) nor DEL nor C1. Tab and space within. */
const VALUE = /^[\t\x20-\x7e\xa0-\xff]*$/
/** `: ` and the line's end. */
const LINE_EXTRA_BYTES = 4

type Reason = 'transport' | 'body' | 'signature' | 'posthorn' | 'forwarding' | 'name'

const REASONS: Readonly<Record<Reason, string>> = {
  transport: 'belongs to the connection, which Posthorn manages',
  body: 'describes the body, which Posthorn does itself',
  signature: 'belongs to the signature headers',
  posthorn: 'is set by Posthorn itself, so that a target can tell who calls',
  forwarding: 'would let a request claim another origin to proxies that trust it',
  name: 'is not safe as a name in many programs',
}

/**
 * Names that a subscription may not set. Hop-by-hop fields are those of RFC 9110 §7.6.1 and their older relatives.
 * `authorization` and `cookie` may be set: some targets ask for them, and nothing here reads them. `user-agent` may
 * not: a target that blocks or allows callers by it must be able to rely on it.
 */
const RESERVED: ReadonlyMap<string, Reason> = new Map([
  ...names(
    'transport',
    'connection keep-alive te trailer transfer-encoding upgrade http2-settings host expect accept-encoding via',
  ),
  ...names('posthorn', 'date user-agent'),
  ...names('forwarding', 'forwarded x-real-ip'),
  ...names('name', '__proto__ constructor prototype'),
])

const RESERVED_PREFIXES: ReadonlyArray<readonly [prefix: string, reason: Reason]> = [
  ['proxy-', 'transport'],
  ['content-', 'body'],
  ['webhook-', 'signature'],
  ['svix-', 'signature'],
  ['posthorn-', 'posthorn'],
  ['x-forwarded-', 'forwarding'],
]

function names(reason: Reason, list: string): Array<readonly [string, Reason]> {
  return list.split(' ').map((name) => [name, reason] as const)
}

/** Custom headers with lower-case names in a fixed order, or what is wrong with them. Either list is empty. */
export interface CheckedHeaders {
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly flaws: readonly Flaw[]
}

/**
 * Checks the headers that a subscription wants to be sent.
 * @param schemeNames headers that the signature scheme writes, lower case
 */
export function checkCustomHeaders(headers: unknown, schemeNames: readonly string[]): CheckedHeaders {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers))
    return { headers: [], flaws: [{ path: '/headers', message: 'must be an object of names and values' }] }
  const entries: ReadonlyArray<readonly [string, unknown]> = Object.entries(headers)
  const flaws = [...entries.flatMap((entry) => entryFlaws(entry, schemeNames)), ...wholeFlaws(entries)]
  if (flaws.length > 0) return { headers: [], flaws }
  return { headers: entries.map(([name, value]) => [name.toLowerCase(), String(value)] as const), flaws }
}

/** Why headers named like this may not be set by a user, as the end of a sentence; null when they may. */
export function reservedHeaderFlaw(lowerCaseName: string): string | null {
  const reason = reservedFor(lowerCaseName)
  return reason === null ? null : REASONS[reason]
}

/**
 * Why a scheme with its prefix may not write a header: its signature headers may be called `webhook-…`, but neither
 * may they replace what Posthorn or the transport sends.
 */
export function schemeHeaderFlaw(lowerCaseName: string): string | null {
  const reason = reservedFor(lowerCaseName)
  return reason === null || reason === 'signature' ? null : REASONS[reason]
}

function reservedFor(name: string): Reason | null {
  return RESERVED.get(name) ?? RESERVED_PREFIXES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? null
}

function entryFlaws([name, value]: readonly [string, unknown], schemeNames: readonly string[]): Flaw[] {
  const path = pointer('headers', name)
  const lower = name.toLowerCase()
  if (!TOKEN.test(name))
    return [
      { path, message: "is no header name: only ASCII letters, digits and !#$%&'*+-.^_`|~ are allowed" },
    ]
  const reserved = schemeNames.includes(lower) ? REASONS.signature : reservedHeaderFlaw(lower)
  if (reserved !== null) return [{ path, message: `may not be set: it ${reserved}` }]
  if (typeof value !== 'string') return [{ path, message: 'must have a text as its value' }]
  if (!VALUE.test(value))
    return [{ path, message: 'has a value with line breaks, controls or characters beyond Latin-1' }]
  if (value.trim() !== value) return [{ path, message: 'has a value with white space before or after it' }]
  return []
}

function wholeFlaws(entries: ReadonlyArray<readonly [string, unknown]>): Flaw[] {
  const flaws: Flaw[] = []
  if (entries.length > LIMITS.customHeaders)
    flaws.push({
      path: '/headers',
      message: `has ${entries.length} headers, at most ${LIMITS.customHeaders} are allowed`,
    })
  const bytes = entries.reduce(
    (sum, [name, value]) => sum + name.length + String(value).length + LINE_EXTRA_BYTES,
    0,
  )
  if (bytes > LIMITS.customHeaderBytes)
    flaws.push({
      path: '/headers',
      message: `has ${bytes} bytes, at most ${LIMITS.customHeaderBytes} are allowed`,
    })
  return [...flaws, ...duplicateFlaws(entries)]
}

function duplicateFlaws(entries: ReadonlyArray<readonly [string, unknown]>): Flaw[] {
  const seen = new Set<string>()
  return entries.flatMap(([name]) => {
    const lower = name.toLowerCase()
    if (!seen.has(lower)) {
      seen.add(lower)
      return []
    }
    return [{ path: pointer('headers', name), message: 'stands there twice: case makes no difference' }]
  })
}
