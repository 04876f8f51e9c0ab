import type { PublicKeys } from '../crypto/port.ts'
import type { SignatureEncoding } from '../encoding.ts'
import type { Algorithm, KeyFormat } from './algorithm.ts'

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
  /**
   * How public keys are read and used, for ed25519, ECDSA and RSA; set by whoever makes the scheme. It comes with the
   * scheme so that an application with an HMAC alone does not carry it.
   */
  readonly publicKeys?: PublicKeys | undefined
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
