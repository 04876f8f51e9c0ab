import type { SignatureEncoding } from '../encoding.ts'

/** With a public key as SPKI: these verify, Posthorn never signs with them. ECDSA signatures are DER, RSA is PKCS #1 v1.5. */
export type SpkiAlgorithm = 'ecdsa-p256' | 'rsa-sha256' | 'rsa-sha1'

/**
 * `token`: nothing is computed, the header carries the secret itself. `sha256`: the bare hash of the secret and then the
 * content, which anybody who has seen one can lengthen; only for providers' old versions.
 */
export type Algorithm =
  | 'hmac-sha256'
  | 'hmac-sha512'
  | 'hmac-sha1'
  | 'sha256'
  | 'ed25519'
  | SpkiAlgorithm
  | 'token'

export const SPKI_ALGORITHMS: readonly Algorithm[] = ['ecdsa-p256', 'rsa-sha256', 'rsa-sha1']

/**
 * How the key is read from the secret's text.
 * - `text`: its UTF-8 bytes, as they are (Stripe's `whsec_…` too)
 * - `whsec`: base64 after an optional `whsec_`
 * - `base64`, `hex`: decoded; for ed25519 these are the 32 bytes of a public key
 * - `spki`: a public key, base64 of its DER; PEM lines round it are allowed
 * - `whsk`: ed25519 only: `whsk_` (seed and public key, 64 bytes) signs and verifies, `whpk_` (32 bytes) verifies
 */
export type KeyFormat = 'text' | 'whsec' | 'base64' | 'hex' | 'spki' | 'whsk'

export type SignedField = 'id' | 'timestamp' | 'body' | 'method' | 'url'

/** One piece of the signed content, in order. `timestamp` is the text that stands in the request, not a number. */
export type SignedPart = SignedField | { readonly literal: string }

/** The header's value is one signature after an optional prefix, which is matched in any case: `sha256=HEX`. */
export interface ValueForm {
  readonly form: 'value'
  readonly prefix?: string | undefined
}

/**
 * The header's value is a list: `t=TS,v1=SIG,v1=SIG` (`=` and `,`), `ts=TS;h1=SIG` (`=` and `;`),
 * `v1,SIG v1,SIG` (`,` and a space). Keys that are not named here are skipped. White space round an entry is allowed.
 */
export interface PairsForm {
  readonly form: 'pairs'
  readonly signatureKey: string
  readonly timestampKey?: string | undefined
  readonly assign: '=' | ','
  readonly separator: ',' | ';' | ' '
}

export type SignatureForm = ValueForm | PairsForm

/** Where a value stands: in a header, or in the JSON body under a path of keys. */
export type FieldSource = { readonly header: string } | { readonly body: readonly string[] }

/** Where the time stamp stands and in which unit. The unit is declared, never guessed. */
export interface TimestampRule {
  readonly in: { readonly header: string } | 'signature' | { readonly body: readonly string[] }
  readonly unit: 's' | 'ms'
  /** Accepted distance from the clock in both directions, inclusive, in seconds. */
  readonly toleranceS: number
}

/** Bounds of the key in bytes, after decoding. */
export interface KeyBytes {
  readonly min: number
  readonly max: number
}

/**
 * A signature scheme as data: everything needed to sign a request and to verify it. Make one with `customScheme`
 * (which checks it), `outboundScheme` or a provider's preset.
 */
export interface SignatureScheme {
  readonly name: string
  readonly algorithm: Algorithm
  readonly key: KeyFormat
  readonly keyBytes: KeyBytes
  readonly encoding: SignatureEncoding
  readonly signed: readonly SignedPart[]
  /** Name of the header that carries the signature. */
  readonly header: string
  readonly form: SignatureForm
  /** `many`: the header has room for a signature per secret. `one`: only the first secret signs. */
  readonly signatures: 'many' | 'one'
  readonly timestamp?: TimestampRule | undefined
  /** First source that has a value wins. A header named here is written when signing. */
  readonly id: readonly FieldSource[]
  readonly type: readonly FieldSource[]
  /** Header that carries the id of the delivery; written only. */
  readonly deliveryHeader?: string | undefined
  /**
   * Other spellings of the header names, as `[prefix, other prefix]`, taken all together or not at all:
   * `['webhook-', 'svix-']` never mixes `svix-id` with `webhook-signature`.
   */
  readonly headerAlias?: readonly [prefix: string, alias: string] | undefined
}

/** Header names that signing writes, in lower case. */
export function schemeHeaderNames(scheme: SignatureScheme): readonly string[] {
  const names = [scheme.header, timestampHeader(scheme), sourceHeader(scheme.id), sourceHeader(scheme.type)]
  names.push(scheme.deliveryHeader)
  const present = names.filter((name) => name !== undefined).map((name) => name.toLowerCase())
  return [...new Set(present)]
}

export function timestampHeader(scheme: SignatureScheme): string | undefined {
  const place = scheme.timestamp?.in
  return typeof place === 'object' && 'header' in place ? place.header : undefined
}

/** First header among the sources. */
export function sourceHeader(sources: readonly FieldSource[]): string | undefined {
  for (const source of sources) if ('header' in source) return source.header
  return undefined
}
