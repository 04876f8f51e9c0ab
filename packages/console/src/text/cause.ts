/** Why attempts fail and requests are refused, by the codes that the API gives. */

/** @param status what was answered; null: no answer came, or several kinds */
type Sentence = (status: string | null) => string

/** In a list there is room for few words; elsewhere for a sentence. */
const CAUSES: Readonly<Record<string, readonly [few: string, sentence: Sentence]>> = {
  failed: [
    'error of the target',
    (status) => `The target answers with an error of its own (${status ?? '5xx'}).`,
  ],
  rejected: ['refused by the target', (status) => `The target refuses the request (${status ?? '4xx'}).`],
  busy: [
    'asks for later',
    (status) => `The target asks to be called later (${status ?? '408, 425 or 429'}).`,
  ],
  gone: ['wants no more', () => 'The target answered 410: it wants no more events.'],
  redirected: [
    'redirect, not followed',
    (status) =>
      `The target answers with a redirect${status === null ? '' : ` (${status})`}, and redirects are not followed.`,
  ],
  url_refused: ['URL not allowed', () => 'Its URL may not be called.'],
  address_refused: ['address not allowed', () => 'Its name leads to an address that may not be called.'],
  dns_failed: ['name not found', () => 'Its name could not be resolved.'],
  connect_failed: ['no connection', () => 'No connection to the target could be made.'],
  tls_failed: ['certificate not valid', () => 'TLS failed, or the certificate is not valid for the name.'],
  timeout: ['no answer in time', () => 'The target did not answer in time.'],
  connection_closed: [
    'connection closed',
    () => 'The target closed the connection before its whole answer came.',
  ],
  response_malformed: ['no HTTP answer', () => 'What the target answers is not HTTP.'],
  response_too_large: ['answer too large', () => 'The target’s answer is larger than what is read.'],
  aborted: ['cut off by a shutdown', () => 'The attempt was cut off by a shutdown of this server.'],
  handler_failed: ['handler threw', () => 'The handler threw an error.'],
  handler_timeout: ['handler too slow', () => 'The handler took longer than its deadline.'],
  handler_retry_after: ['handler asks for later', () => 'The handler asked to be called later.'],
  handler_dropped: ['handler wants no more', () => 'The handler wants no more of this event.'],
}

/** Why a request was not taken. */
const REFUSALS: Readonly<Record<string, string>> = {
  signature_missing: 'the signature is not there',
  signature_malformed: 'the signature has another form',
  signature_unsupported: 'the signature is of another version',
  signature_mismatch: 'no secret fits the signature',
  timestamp_missing: 'the time stamp is not there',
  timestamp_malformed: 'the time stamp is no number',
  timestamp_too_old: 'the time stamp is too old',
  timestamp_too_new: 'the time stamp lies in the future',
  id_missing: 'the id is not there',
  id_malformed: 'the id is not a good one',
  header_duplicated: 'a header is there twice',
  body_too_large: 'the body is too large',
  body_malformed: 'the body has another form',
  key_refused: 'the public key is not the provider’s',
  key_unavailable: 'the public key could not be fetched',
  not_allowed: 'the topic or account is not allowed',
}

/**
 * A sentence. Causes that are not known here are shown as they are.
 * @param statuses what was answered, the most frequent first
 */
export function causeText(cause: string, statuses: readonly number[] = []): string {
  return CAUSES[cause]?.[1](statuses.length === 0 ? null : statuses.join(', ')) ?? cause
}

/** A few words, for a list. */
export function causeWords(cause: string): string {
  return CAUSES[cause]?.[0] ?? cause
}

/** Of one attempt. Where no answer came, the server's own words say more than the cause does. */
export function attemptText(error: { code: string; detail: string }, status: number | null): string {
  const { code, detail } = error
  if (status === null || !(code in CAUSES)) return detail || causeText(code)
  return causeText(code, [status])
}

export function refusalText(reason: string): string {
  return REFUSALS[reason] ?? reason
}
