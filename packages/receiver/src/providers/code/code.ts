import type { PreparedKey, ReceiverCrypto, SignedContent } from '../../crypto/port.ts'
import type { Algorithm } from '../../schemes/algorithm.ts'
import type { SignatureScheme } from '../../schemes/scheme.ts'
import type { HeaderValues } from '../../verify/headers.ts'
import type { Refusal } from '../../verify/refusal.ts'
import type { VerifyRequest } from '../../verify/result.ts'
import type { FetchKey, KeySource, KeyStoreParts } from '../keys/key-source.ts'
import type { Later } from '../later.ts'

/** Reads a request whose signed content no description can say. */
export interface ProviderCode {
  /** Headers it wants to see. */
  readonly headers: readonly string[]
  /** Fetched keys instead of configured secrets: on which URLs they may lie. */
  readonly keyUrls?: FetchedKeys | undefined
  /** No cryptography and no I/O; a refusal is a value. */
  read(input: CodeInput): CodeReading | Refusal
  /** `verifyByCode`: what is done with a reading. It comes with the providers that need it. */
  readonly verifier: (parts: CodeParts) => CodeVerifier
}

/** What a receiver gives to a provider's code, once. */
export interface CodeParts {
  readonly code: ProviderCode
  readonly title: string
  readonly scheme: SignatureScheme
  /** None where they are fetched. */
  readonly keys: readonly PreparedKey[]
  readonly settings: CodeInput['settings']
  readonly toleranceS: number
  readonly maxBodyBytes: number
  readonly crypto: ReceiverCrypto
  readonly fetchKey: FetchKey | undefined
  readonly clock: () => number
  /** Names of the headers that ids and types stand in, in lower case. */
  readonly also: readonly string[]
}

export interface CodeVerifier {
  /** May throw what reading a hostile request throws. */
  verify(request: VerifyRequest): Later<CodeVerified | Refusal>
}

/** A verified request, before its id and type are looked for. */
export interface CodeVerified {
  readonly ok: true
  readonly timestamp: number | undefined
  readonly secretIndex: number
  readonly contentType: string | undefined
  readonly body: Uint8Array
  readonly payload: unknown
  readonly headers: HeaderValues
  readonly oneTimeToken: string | undefined
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
  /** All of them must hold, with the same key; made of the body's SHA-256 in hex where that is signed. */
  readonly checks: readonly Check[] | ((bodySha256: string) => readonly Check[])
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

/** Keys that lie on the provider's own hosts: `certificates(rule)` or `keySet(rule)`. */
export interface FetchedKeys extends KeyUrlRule {
  /** A cache for one receiver. */
  open(parts: KeyStoreParts): KeySource
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
