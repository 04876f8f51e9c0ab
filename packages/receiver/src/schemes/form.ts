import { quoted, type Refusal, refusal } from '../verify/refusal.ts'
import type { PairsForm, SignatureForm, ValueForm } from './scheme.ts'

/** A header longer than this is an attack on the parser: 32 signatures of SHA-512 in hex have 4,224 characters. */
const MAX_HEADER_CHARS = 8192
/** Signatures tried per request. Senders write one for each secret in force, two during a rotation. */
const MAX_SIGNATURES = 32

/** What stands in a signature header, still encoded. */
export interface SignatureTexts {
  readonly ok: true
  readonly signatures: readonly string[]
  /** The time stamp, where the form has room for one. */
  readonly timestamp: string | undefined
}

/** The signature header's value. With room for one only, the first signature is used. */
export function formatSignatures(
  form: SignatureForm,
  timestamp: string,
  signatures: readonly string[],
): string {
  if (form.form === 'value') return `${form.prefix ?? ''}${signatures[0]}`
  const entries = signatures.map((signature) => `${form.signatureKey}${form.assign}${signature}`)
  if (form.timestampKey !== undefined) entries.unshift(`${form.timestampKey}${form.assign}${timestamp}`)
  return entries.join(form.separator)
}

/** The other direction: what the header's value holds, or why it does not have this form. */
export function parseSignatures(form: SignatureForm, value: string): SignatureTexts | Refusal {
  if (value.length > MAX_HEADER_CHARS)
    return refusal(
      'signature_malformed',
      `the header has ${value.length} characters, more than ${MAX_HEADER_CHARS}`,
    )
  return form.form === 'value' ? parseValue(form, value) : parsePairs(form, value)
}

function parseValue({ prefix = '' }: ValueForm, value: string): SignatureTexts | Refusal {
  if (!value.startsWith(prefix) && value.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase())
    return refusal('signature_malformed', `the header must begin with "${prefix}", it is ${quoted(value)}`)
  return { ok: true, signatures: [value.slice(prefix.length)], timestamp: undefined }
}

function parsePairs(form: PairsForm, value: string): SignatureTexts | Refusal {
  const signatures: string[] = []
  let timestamp: string | undefined
  let entries = 0
  // No `split`: the list it makes takes longer than the reading.
  for (let from = 0, to = 0; to >= 0; from = to + 1) {
    to = value.indexOf(form.separator, from)
    const entry = value.slice(from, to < 0 ? undefined : to).trim()
    const at = entry.indexOf(form.assign)
    if (at <= 0) continue
    entries++
    const key = entry.slice(0, at)
    const text = entry.slice(at + 1)
    // `v1,SIG, v1,SIG`: two headers that an HTTP library joined with a comma and a space.
    if ((form.separator === ' ' && text.endsWith(',')) || (form.separator === ';' && text.includes(', ')))
      return duplicated('the header itself, joined with ", "')
    if (key === form.signatureKey) signatures.push(text)
    if (key !== form.timestampKey) continue
    if (timestamp !== undefined) return duplicated(`"${key}${form.assign}" in the header`)
    timestamp = text
  }
  if (entries === 0) return refusal('signature_malformed', `the header is ${quoted(value)}`)
  if (signatures.length === 0)
    return refusal('signature_unsupported', `no "${form.signatureKey}" in the header`)
  if (signatures.length > MAX_SIGNATURES)
    return refusal('signature_malformed', `${signatures.length} signatures, more than ${MAX_SIGNATURES}`)
  return { ok: true, signatures, timestamp }
}

function duplicated(what: string): Refusal {
  return refusal('header_duplicated', `${what} is there more than once`)
}
