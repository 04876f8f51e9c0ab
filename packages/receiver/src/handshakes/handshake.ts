import type { ReceiverCrypto } from '../crypto/port.ts'
import type { HeadersInput } from '../verify/headers.ts'

/** What a vendor asks before it sends events, or in between, to see whether a receiver is the right one. */
export type HandshakeKind =
  | 'slack'
  | 'zoom'
  | 'meta'
  | 'dropbox'
  | 'okta'
  | 'ms-graph'
  | 'cloudevents'
  | 'discord-interactions'
  | 'discord-events'
  | 'xero'
  | 'sns'

export interface HandshakeRequest {
  readonly method: string
  /** Whole, or the path and the query. */
  readonly url: string
  readonly headers: HeadersInput
  readonly body: Uint8Array
}

export interface HandshakeContext {
  /** Whether the request was verified; false before verification. */
  readonly verified: boolean
  /** The source's secrets, the current one first (Zoom). */
  readonly secrets?: readonly string[] | undefined
  /** Computes Zoom's answer. @default webCrypto() */
  readonly crypto?: ReceiverCrypto | undefined
  /** The text that was typed into Meta's dashboard; without it Meta's question is refused. */
  readonly verifyToken?: string | undefined
  /** Who may send CloudEvents here: origins as they name themselves, or `*`. None: all are refused. */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Requests a minute that a sender of CloudEvents may send. @default what it asks for */
  readonly allowedRate?: number | undefined
  /** Topics whose subscriptions may be confirmed (SNS). None: none. */
  readonly topicArns?: readonly string[] | undefined
  /**
   * Gets the URL that confirms a subscription, by a guarded client: no redirects, a deadline, a cap on the answer. The
   * URL keeps the rule of the vendor's hosts already. True when it was answered 2xx.
   */
  readonly confirm?: ((url: string) => Promise<boolean>) | undefined
}

export interface HandshakeAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

export interface Handshake {
  /** By which it comes. */
  readonly method: 'POST' | 'GET' | 'OPTIONS'
  /** `before` verification, since the request carries no signature; or `after` it, also when it failed. */
  readonly when: 'before' | 'after'
  /** Null when the request is no handshake: go on. */
  answer(
    request: HandshakeRequest,
    context: HandshakeContext,
  ): HandshakeAnswer | null | Promise<HandshakeAnswer | null>
}
