/** The one way out to a URL that somebody else chose. */
export interface HttpTransport {
  /**
   * Decides on what can be known without the network: spelling, scheme, credentials, literal addresses.
   * @returns null when the URL may be tried, else why not, in a sentence for its owner.
   */
  refuseUrl(url: string): string | null
  /** Never rejects: what goes wrong is a result. Redirects are not followed. */
  send(request: OutboundRequest): Promise<OutboundResult>
  close(): Promise<void>
}

export interface OutboundRequest {
  readonly url: string
  /** Default `POST`; a `GET` has an empty body. */
  readonly method?: 'POST' | 'GET'
  /** Sockets are never shared between different values: the tenant. */
  readonly isolation: string
  /** Lower-case names, each at most once. `content-length` and `host` are the transport's. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array
  /** Total deadline in ms over DNS, connect, TLS, headers and body. */
  readonly timeoutMs: number
  /** Shutdown's second step. Its abort gives `aborted`. */
  readonly signal: AbortSignal
}

export const TRANSPORT_ERRORS = {
  url_refused: 'The URL may not be called.',
  address_refused: 'The name resolves to an address that may not be called.',
  dns_failed: 'The name could not be resolved.',
  connect_failed: 'No connection could be made.',
  tls_failed: 'The TLS handshake failed, or the certificate is not valid for the name.',
  timeout: 'The attempt took longer than its deadline.',
  connection_closed: 'The connection was closed before the whole answer came.',
  response_malformed: 'What came back is not an HTTP answer.',
  response_too_large: 'The answer has more header or body bytes than are read.',
  aborted: 'The attempt was cut off by a shutdown.',
} as const
export type TransportError = keyof typeof TRANSPORT_ERRORS

export type OutboundResult =
  | {
      readonly kind: 'response'
      readonly statusCode: number
      /** The raw value of `retry-after`, if any. */
      readonly retryAfter: string | null
      /** Names in lower case, in the order in which they first came; values of a repeated one stand apart. */
      readonly headers: ReadonlyArray<readonly [name: string, value: string]>
      /** At most `LIMITS.responseKeptBytes`, inflated if the target compressed it. */
      readonly body: Uint8Array
      readonly truncated: boolean
    }
  | { readonly kind: 'error'; readonly code: TransportError; readonly detail: string }
