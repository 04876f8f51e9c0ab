import type { Refusal } from '../verify/refusal.ts'
import type { VerifiedEvent } from '../verify/result.ts'

/** A verified request of a provider. */
export interface ProviderEvent extends VerifiedEvent {
  /**
   * Must not be accepted twice: the signature covers nothing else of the request (Mailgun). Keep it as a key of its own
   * beside the id, and answer a request with a known one as a duplicate.
   */
  readonly oneTimeToken?: string | undefined
}

export type ProviderResult = ProviderEvent | Refusal
