import type { TransportError } from '../../ports/transport.ts'

/** How an attempt failed, inside the transport; `message` is shown to the subscription's owner. */
export class TransportFailure extends Error {
  override readonly name = 'TransportFailure'
  readonly code: TransportError

  constructor(code: TransportError, detail: string) {
    super(detail)
    this.code = code
  }
}

/** What OpenSSL and Node call it → what the owner of the receiver can do something about. */
const TLS_REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate chain is incomplete',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate comes from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate chain is incomplete, or its authority is not trusted here',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  ECONNRESET: 'the connection was closed during the handshake',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answered does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answered does not speak TLS',
}

const CONNECT_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ETIMEDOUT: 'nothing answered',
  ECONNRESET: 'the connection was reset at once',
}

export function tlsFailure(host: string, error: unknown): TransportFailure {
  const code = codeOf(error)
  return new TransportFailure(
    'tls_failed',
    `${host}: ${TLS_REASONS[code] ?? 'the TLS handshake failed'} (${code}).`,
  )
}

export function connectFailure(place: string, error: unknown): TransportFailure {
  const code = codeOf(error)
  const reason = CONNECT_REASONS[code] ?? 'the connection could not be made'
  return new TransportFailure('connect_failed', `${place}: ${reason} (${code}).`)
}

/**
 * An error of undici while a request was on the wire.
 * @param begun whether the status line had come
 */
export function exchangeFailure(error: unknown, begun: boolean): TransportFailure {
  const code = codeOf(error)
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new TransportFailure('response_too_large', 'The headers of the answer are larger than 16 KiB.')
  }
  const words = error instanceof Error ? error.message : ''
  // undici's word for every parser error before the announced length is reached.
  const badHead = code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && !begun
  if (badHead || isParserError(error) || words === 'bad response' || words === 'bad upgrade') {
    return new TransportFailure('response_malformed', `What came back is not an HTTP/1.1 answer (${code}).`)
  }
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return new TransportFailure('url_refused', `The request cannot be written: ${words}.`)
  }
  const when = begun ? 'in the middle of the answer' : 'before an answer came'
  return new TransportFailure('connection_closed', `The other side closed the connection ${when} (${code}).`)
}

/** By its name: undici looks its code up in a table that lacks most of them. */
export function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError'
}

/** The codes in an AggregateError of several addresses are those of its first. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'unknown'
}
