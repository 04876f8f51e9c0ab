import type { HeadersInput } from './headers.ts'
import type { Refusal } from './refusal.ts'

/** A request as it came in. */
export interface VerifyRequest {
  readonly headers: HeadersInput
  /** The raw bytes of the body. Anything else is refused: `body_not_bytes`. */
  readonly body: Uint8Array
  /** Needed by schemes that sign it, as the sender wrote it: `POST`. */
  readonly method?: string | undefined
  /** Needed by schemes that sign it: the public URL, exactly as the sender called it. */
  readonly url?: string | undefined
}

/**
 * A request whose signature fits. `id`, `type` and `payload` may stand in the body, which is parsed when one of them is
 * first read: they are accessors, which a copy by `{ ...event }` does not have.
 */
export interface VerifiedEvent {
  readonly ok: true
  /** What to deduplicate on; undefined when the scheme has none and the body neither. */
  readonly id: string | undefined
  /** Event type; undefined when there is none. */
  readonly type: string | undefined
  /** Epoch milliseconds; undefined when the scheme has no time stamp. */
  readonly timestamp: number | undefined
  /** Which secret fitted. Above 0: not the first, so the sender still signs with an old one. */
  readonly secretIndex: number
  readonly contentType: string | undefined
  /** The bytes that were verified. */
  readonly body: Uint8Array
  /** The body parsed as JSON; undefined when it is none. */
  readonly payload: unknown
}

export type VerifyResult = VerifiedEvent | Refusal
