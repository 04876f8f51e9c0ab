import type { PublicKeys } from '../crypto/port.ts'
import type { SignatureEncoding } from '../encoding.ts'
import { type Algorithm, type KeyFormat, SPKI_ALGORITHMS } from './algorithm.ts'
import type {
  FieldSource,
  KeyBytes,
  SignatureForm,
  SignatureScheme,
  SignedPart,
  TimestampRule,
} from './scheme.ts'

/** Seconds a time stamp may lie in the past or in the future: what Stripe and Standard Webhooks use. */
export const DEFAULT_TOLERANCE_S = 300

/** What `customScheme` takes. Everything but `name`, `header` and `signed` has a default. */
export interface CustomScheme {
  readonly name: string
  /** Header of the signature. */
  readonly header: string
  /** Pieces of the signed content in order, such as `['timestamp', { literal: '.' }, 'body']`. */
  readonly signed: readonly SignedPart[]
  /** @default 'hmac-sha256' */
  readonly algorithm?: Algorithm | undefined
  /** @default 'text', for ed25519 'whsk', for ECDSA and RSA 'spki' */
  readonly key?: KeyFormat | undefined
  /** @default at least 1 byte, at most 4096 */
  readonly keyBytes?: KeyBytes | undefined
  /** @default 'hex', with a public key 'base64', for a token 'text' */
  readonly encoding?: SignatureEncoding | undefined
  /** @default one bare signature */
  readonly form?: SignatureForm | undefined
  /** `toleranceS` is 300 unless given. */
  readonly timestamp?:
    | (Omit<TimestampRule, 'toleranceS'> & { readonly toleranceS?: number | undefined })
    | undefined
  /** @default none: the event has no id of its own */
  readonly id?: FieldSource | readonly FieldSource[] | undefined
  /** @default none */
  readonly type?: FieldSource | readonly FieldSource[] | undefined
  readonly deliveryHeader?: string | undefined
  readonly headerAlias?: readonly [prefix: string, alias: string] | undefined
}

export const MAX_TOLERANCE_S = 86_400

/**
 * A scheme from a description that is known to be right: those of this package, which its tests check. Everything else
 * goes through `customScheme`; the checks are half as large as the rest of a verification.
 *
 * @param publicKeys for ed25519, ECDSA and RSA
 */
export function completeScheme(given: CustomScheme, publicKeys?: PublicKeys): SignatureScheme {
  const algorithm = given.algorithm ?? 'hmac-sha256'
  const form: SignatureForm = given.form ?? { form: 'value' }
  const scheme: SignatureScheme = {
    name: given.name,
    algorithm,
    key: given.key ?? defaultKey(algorithm),
    keyBytes: given.keyBytes ?? { min: 1, max: 4096 },
    encoding: given.encoding ?? defaultEncoding(algorithm),
    signed: given.signed,
    header: given.header,
    form,
    signatures: form.form === 'pairs' ? 'many' : 'one',
    timestamp: given.timestamp && {
      ...given.timestamp,
      toleranceS: given.timestamp.toleranceS ?? DEFAULT_TOLERANCE_S,
    },
    id: sources(given.id),
    type: sources(given.type),
    deliveryHeader: given.deliveryHeader,
    headerAlias: given.headerAlias,
    publicKeys,
  }
  return Object.freeze(scheme)
}

function sources(given: FieldSource | readonly FieldSource[] | undefined): readonly FieldSource[] {
  if (given === undefined) return []
  return Array.isArray(given) ? given : [given as FieldSource]
}

function defaultKey(algorithm: Algorithm): KeyFormat {
  if (algorithm === 'ed25519') return 'whsk'
  return SPKI_ALGORITHMS.includes(algorithm) ? 'spki' : 'text'
}

function defaultEncoding(algorithm: Algorithm): SignatureEncoding {
  if (algorithm === 'token') return 'text'
  return defaultKey(algorithm) === 'text' ? 'hex' : 'base64'
}

export function isTolerance(seconds: number): boolean {
  return Number.isFinite(seconds) && seconds >= 0 && seconds <= MAX_TOLERANCE_S
}
