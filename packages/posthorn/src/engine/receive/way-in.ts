/** Where the HTTP side, ours or an application's, brings the requests to one source. */
export interface WayIn {
  readonly maxBodyBytes: number
  /** Never rejects. */
  receive(request: IncomingRequest, sender: Sender): Promise<InboundAnswer>
}

export interface IncomingRequest {
  /** Upper case. Handshakes come by GET and OPTIONS too. */
  readonly method: string
  /** Path and query as the sender wrote them. */
  readonly url: string
  readonly headers:
    | Headers
    | ReadonlyArray<readonly [string, string]>
    | Readonly<Record<string, string | readonly string[] | undefined>>
  /** The raw bytes. */
  readonly body: Uint8Array
}

export interface Sender {
  /** Behind trusted proxies the one that they name; null: not known. */
  readonly address: string | null
  /** Whether it came over TLS, to here or to a trusted proxy; null: not known. */
  readonly secure: boolean | null
}

/** An HTTP answer, before an adapter writes it. */
export interface InboundAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}
