/**
 * Why a request is refused, one sentence each. The reasons are for logs and metrics: an answer to the sender must not
 * contain them, since they tell an attacker how near he is.
 */
export const REFUSAL_REASONS = {
  signature_missing: 'The header that carries the signature is not there.',
  signature_malformed: 'The signature header does not have the form of the scheme.',
  signature_unsupported: 'The header has signatures, but none of the version that the scheme uses.',
  signature_mismatch: 'No signature fits the raw body with any of the secrets.',
  timestamp_missing: 'The time stamp is not there.',
  timestamp_malformed: 'The time stamp is not a number written in ASCII digits.',
  timestamp_too_old:
    'The time stamp lies further in the past than the tolerance: a replay, or a wrong clock.',
  timestamp_too_new:
    'The time stamp lies further in the future than the tolerance: a wrong clock or a wrong unit.',
  id_missing: 'The header that carries the id is not there.',
  id_malformed: 'The id has characters that ids may not have, or is too long.',
  header_duplicated: 'A header that must be there once is there several times.',
  body_too_large: 'The body is larger than the limit.',
  body_not_bytes: 'The body is not raw bytes: a body parser was there first.',
  body_malformed: 'The body does not have the form in which this provider signs it.',
  key_refused: 'The public key that the request names is not on a host of the provider, or is no good.',
  key_unavailable: 'The public key could not be fetched; the sender should try again.',
  not_allowed: 'The request is for a topic or an account that is not on the list of those allowed.',
  request_malformed:
    'The call of verify lacks something: headers, or the method or URL that the scheme signs.',
  crypto_failed: 'The runtime could not compute the signature.',
} as const

export type RefusalReason = keyof typeof REFUSAL_REASONS

export interface Refusal {
  readonly ok: false
  readonly reason: RefusalReason
  /** More, for a person: what was found, what was expected. Never a secret, never the right signature. */
  readonly detail?: string
}

export function refusal(reason: RefusalReason, detail?: string): Refusal {
  return detail === undefined ? { ok: false, reason } : { ok: false, reason, detail }
}

/** A stranger's text as it may stand in a log: quoted, escaped and short. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
