import type { SignedContent } from '../../crypto/port.ts'
import type { Algorithm } from '../../schemes/algorithm.ts'
import type { HeaderValues } from '../../verify/headers.ts'
import type { Refusal } from '../../verify/refusal.ts'

/** Reads a request whose signed content no description can say. */
export interface ProviderCode {
  /** Headers it wants to see. */
  readonly headers: readonly string[]
  /** Fetched keys instead of configured secrets: on which URLs they may lie. */
  readonly keyUrls?: KeyUrlRule | undefined
  /** No cryptography and no I/O; a refusal is a value. */
  read(input: CodeInput): CodeReading | Refusal
}

export interface CodeInput {
  readonly body: Uint8Array
  readonly contentType: string | undefined
  /** Empty unless the scheme says that it is signed. */
  readonly url: string
  readonly headers: HeaderValues
  /** The body as JSON, parsed at most once; undefined when it is none. */
  readonly payload: () => unknown
  readonly settings: Readonly<Record<string, readonly string[]>>
  readonly toleranceS: number
  readonly nowMs: number
}

export interface CodeReading {
  readonly ok: true
  /** All of them must hold, with the same key. */
  readonly checks: readonly Check[]
  readonly timestampMs?: number | undefined
  /** Where the key lies, for providers with fetched keys. */
  readonly keyUrl?: string | undefined
  /** In place of the scheme's. */
  readonly algorithm?: Algorithm | undefined
  /** A value that must not be accepted twice, since the signature covers nothing else. */
  readonly oneTimeToken?: string | undefined
}

/** One of the contents must fit one of the signatures. */
export interface Check {
  readonly contents: readonly SignedContent[]
  readonly signatures: readonly Uint8Array[]
  /** The signature is the plain SHA-256 of the content: no key takes part. */
  readonly hash?: boolean | undefined
}

/** Exact rules for the URL of a fetched key. The host's expression must be anchored at both ends. */
export interface KeyUrlRule {
  readonly host: RegExp
  readonly path: RegExp
}

/** The URL when it keeps the rule and is written just as a URL parser would write it. */
export function pinnedUrl(rule: KeyUrlRule, text: string): string | undefined {
  const url = parseUrl(text)
  // What the parser had to repair may be read otherwise by the next program: refused.
  if (!url || url.href !== text || url.protocol !== 'https:' || text.length > 512) return undefined
  if (url.username !== '' || url.password !== '' || url.port !== '' || url.hash !== '') return undefined
  return rule.host.test(url.hostname) && rule.path.test(url.pathname + url.search) ? text : undefined
}

export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** A value of the body that is an object, as a record. */
export function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** An own text of a record. */
export function ownText(value: unknown, key: string): string | undefined {
  const own = record(value)
  const found = own && Object.hasOwn(own, key) ? own[key] : undefined
  return typeof found === 'string' ? found : undefined
}

/** An own value of a record. */
export function own(value: unknown, key: string): unknown {
  const within = record(value)
  return within && Object.hasOwn(within, key) ? within[key] : undefined
}
