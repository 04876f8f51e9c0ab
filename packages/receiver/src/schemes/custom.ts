import { publicKeys } from '../crypto/public-keys.ts'
import { ReceiverConfigError } from '../errors.ts'
import { PUBLIC_KEY_ALGORITHMS, SPKI_ALGORITHMS } from './algorithm.ts'
import { type CustomScheme, completeScheme, isTolerance, MAX_TOLERANCE_S } from './complete.ts'
import { type SignatureScheme, schemeHeaderNames, type TimestampRule } from './scheme.ts'

const HEADER_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/

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
  const isPublic = given.algorithm !== undefined && PUBLIC_KEY_ALGORITHMS.includes(given.algorithm)
  const scheme = completeScheme(given, isPublic ? publicKeys : undefined)
  // The values first: the description may be JSON that nobody has checked.
  const problem = findValueProblem(scheme) ?? findProblem(scheme)
  if (problem) throw new ReceiverConfigError('scheme_invalid', `Scheme "${scheme.name}": ${problem}.`)
  return scheme
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
