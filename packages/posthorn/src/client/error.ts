import type { Problem } from '../api/contract/schemas/common.ts'

/** `unreachable`: no answer came. `unexpected_answer`: what came is not of this API. */
export type ClientErrorCode = Problem['code'] | 'unreachable' | 'unexpected_answer'

/** An answer that is no success, or none at all. */
export class PosthornApiError extends Error {
  override readonly name = 'PosthornApiError'
  /** Stable; listed in `docs/reference/errors.md`. */
  readonly code: ClientErrorCode
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  /** What is wrong, where, and what to do. */
  readonly detail: string
  /** The places in the request that are wrong. */
  readonly errors: Problem['errors']
  /** Seconds after which a repeat makes sense; null when the server did not say. */
  readonly retryAfterS: number | null
  /** Under which the server's log knows more; null when no answer came. */
  readonly requestId: string | null

  constructor(
    given: {
      code: ClientErrorCode
      status: number
      detail: string
      errors?: Problem['errors']
      retryAfterS?: number | null
      requestId?: string | null
    },
    cause?: unknown,
  ) {
    super(`${given.code}: ${given.detail}`, cause === undefined ? undefined : { cause })
    this.code = given.code
    this.status = given.status
    this.detail = given.detail
    this.errors = given.errors ?? []
    this.retryAfterS = given.retryAfterS ?? null
    this.requestId = given.requestId ?? null
  }
}
