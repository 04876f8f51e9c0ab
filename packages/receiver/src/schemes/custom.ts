import type { SignatureEncoding } from '../encoding.ts'
import { ReceiverConfigError } from '../errors.ts'
import {
  type Algorithm,
  type FieldSource,
  type KeyBytes,
  type KeyFormat,
  type SignatureForm,
  type SignatureScheme,
  type SignedPart,
  SPKI_ALGORITHMS,
  schemeHeaderNames,
  type TimestampRule,
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

const HEADER_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/
const MAX_TOLERANCE_S = 86_400

/**
 * A scheme from its description, checked and frozen.
 *
 * @example
 * customScheme({ name: 'slack', header: 'X-Slack-Signature', form: { form: 'value', prefix: 'v0=' },
 *   signed: [{ literal: 'v0:' }, 'timestamp', { literal: ':' }, 'body'],
 *   timestamp: { in: { header: 'X-Slack-Request-Timestamp' }, unit: 's' }, id: { body: ['event_id'] } })
 * @throws ReceiverConfigError `scheme_invalid` when the parts do not fit together
 */
export function customScheme(given: CustomScheme): SignatureScheme {
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
  }
  // The values first: the description may be JSON that nobody has checked.
  const problem = findValueProblem(scheme) ?? findProblem(scheme)
  if (problem) throw new ReceiverConfigError('scheme_invalid', `Scheme "${scheme.name}": ${problem}.`)
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

const VALUES = {
  algorithm: ['hmac-sha256', 'hmac-sha512', 'hmac-sha1', 'sha256', 'ed25519', ...SPKI_ALGORITHMS, 'token'],
  key: ['text', 'whsec', 'base64', 'hex', 'spki', 'whsk'],
  encoding: ['hex', 'base64', 'text'],
  'form.form': ['value', 'pairs'],
  'form.assign': ['=', ','],
  'form.separator': [',', ';', ' '],
  'timestamp.unit': ['s', 'ms'],
  signed: ['id', 'timestamp', 'body', 'method', 'url'],
} as const

function findValueProblem({ algorithm, key, encoding, form, timestamp, signed }: SignatureScheme) {
  const given: [keyof typeof VALUES, unknown][] = [
    ['algorithm', algorithm],
    ['key', key],
    ['encoding', encoding],
    ['form.form', form.form],
  ]
  if (form.form === 'pairs') given.push(['form.assign', form.assign], ['form.separator', form.separator])
  if (timestamp) given.push(['timestamp.unit', timestamp.unit])
  for (const part of signed) if (typeof part !== 'object') given.push(['signed', part])
  for (const [name, value] of given)
    if (!(VALUES[name] as readonly unknown[]).includes(value))
      return `${name} is ${JSON.stringify(value)}, it must be one of ${VALUES[name].map((one) => `"${one}"`).join(', ')}`
  return undefined
}

function findProblem(scheme: SignatureScheme): string | undefined {
  for (const name of schemeHeaderNames(scheme))
    if (!HEADER_NAME.test(name)) return `"${name}" is not a header name`
  return keyProblem(scheme) ?? contentProblem(scheme) ?? timestampProblem(scheme)
}

function keyProblem({ algorithm, key, keyBytes, encoding }: SignatureScheme): string | undefined {
  if ((algorithm === 'token') !== (encoding === 'text'))
    return 'encoding "text" and algorithm "token" belong together'
  if (algorithm === 'ed25519' && !['whsk', 'base64', 'hex'].includes(key))
    return `ed25519 cannot use a "${key}" key`
  if (SPKI_ALGORITHMS.includes(algorithm) !== (key === 'spki'))
    return 'a "spki" key and the algorithms of ECDSA and RSA belong together'
  if (algorithm !== 'ed25519' && key === 'whsk') return `a "whsk" key needs algorithm "ed25519"`
  if (!(keyBytes.min >= 1 && keyBytes.max >= keyBytes.min)) return 'keyBytes must have 1 <= min <= max'
  return undefined
}

function contentProblem({ algorithm, signed, id, form, timestamp }: SignatureScheme): string | undefined {
  if (algorithm === 'token') {
    if (signed.length > 0) return 'a token signs nothing, "signed" must be empty'
    return form.form === 'pairs' ? 'a token needs the form "value"' : undefined
  }
  if (signed.length === 0) return '"signed" is empty'
  if (signed.includes('timestamp') && (!timestamp || isBodyField(timestamp.in)))
    return '"signed" names the time stamp, but "timestamp" does not say in which header it stands'
  if (signed.includes('id') && !(id[0] && 'header' in id[0]))
    return '"signed" names the id, but the first source of "id" is not a header'
  return undefined
}

function timestampProblem({ form, timestamp }: SignatureScheme): string | undefined {
  const inPairs = form.form === 'pairs' && form.timestampKey !== undefined
  if ((timestamp?.in === 'signature') !== inPairs)
    return 'timestamp.in "signature" and form.timestampKey belong together'
  if (inPairs && form.signatureKey === form.timestampKey) return 'form.signatureKey is form.timestampKey'
  if (timestamp && !isTolerance(timestamp.toleranceS))
    return `toleranceS must be a number of seconds from 0 to ${MAX_TOLERANCE_S}`
  return undefined
}

function isBodyField(place: TimestampRule['in']): boolean {
  return typeof place === 'object' && 'body' in place
}

export function isTolerance(seconds: number): boolean {
  return Number.isFinite(seconds) && seconds >= 0 && seconds <= MAX_TOLERANCE_S
}
