/** Where the HTTP side, ours or an application's, brings the requests to one source. */
export interface WayIn {
  readonly maxBodyBytes: number
  /**
   * To be asked before the body is read: is this sender let in, and not too often? null: go on, and say so to
   * `receive`. It counts, so ask once for each request.
   */
  admit(head: RequestHead, sender: Sender): InboundAnswer | null
  /** The answer to a request whose body is larger than `maxBodyBytes` and was not read to its end. */
  refuseBody(head: RequestHead, sender: Sender): InboundAnswer
  /**
   * Never rejects.
   * @param admitted `admit` let it in already; without it the sender is looked at here
   */
  receive(request: IncomingRequest, sender: Sender, admitted?: boolean): Promise<InboundAnswer>
}

/** A request without its body. */
export interface RequestHead {
  /** Upper case. Handshakes come by GET and OPTIONS too. */
  readonly method: string
  /** Path and query as the sender wrote them. */
  readonly url: string
  /**
   * As a list where a header may be there several times: a record of Node has joined them. Names in any case.
   */
  readonly headers:
    | Iterable<readonly [name: string, value: string]>
    | Readonly<Record<string, string | readonly string[] | undefined>>
}

export interface IncomingRequest extends RequestHead {
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
