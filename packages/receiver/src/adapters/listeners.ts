import { ReceiverConfigError } from '../errors.ts'
import type { Refusal, RefusalReason } from '../verify/refusal.ts'
import { type Answer, errorAnswer } from './answer.ts'
import { ReceiveError } from './error.ts'

/** What `onEvent` may return: nothing, or an answer in place of the usual one; at once or later. */
export type OwnAnswer = undefined | Answer | Promise<undefined | Answer> | void | Promise<void>

export interface ListenerOptions<Context> {
  /** Failures on this side: a body parser that was there first, a handler that threw. Log them. */
  readonly onError: (error: ReceiveError, context: Context) => void
  /** Refused requests with their reason, for logs and metrics. The sender is not told the reason. */
  readonly onRefused?: ((refusal: Refusal, context: Context) => void) | undefined
}

// These say that the receiver is set up wrongly or cannot compute. A 401 would blame the sender.
const OWN_FAULT: readonly RefusalReason[] = ['body_not_bytes', 'request_malformed', 'crypto_failed']

/** An application's functions, which may throw what they like: the sender gets an answer all the same. */
export class Listeners<Context> {
  readonly #options: ListenerOptions<Context>

  constructor(options: ListenerOptions<Context>) {
    this.#options = options
  }

  failed(error: ReceiveError, context: Context): void {
    try {
      this.#options.onError(error, context)
    } catch {
      // There is nobody left to tell, and the sender still needs his answer.
    }
  }

  /** Calls a function that is only told something. */
  told(name: string, tell: () => void, context: Context): void {
    try {
      tell()
    } catch (cause) {
      this.failed(new ReceiveError('handler_failed', `${name} failed.`, { cause }), context)
    }
  }

  /** Tells the refusal. @param answer where the sender is to blame */
  refused(refusal: Refusal, context: Context, answer: Answer): Answer {
    this.told('onRefused', () => this.#options.onRefused?.(refusal, context), context)
    const { reason, detail = '' } = refusal
    if (reason === 'body_too_large') return errorAnswer(413, 'body_too_large')
    // A 401 would make the sender give up on a request that may be good.
    if (reason === 'key_unavailable') return errorAnswer(503, 'key_unavailable', { 'retry-after': '30' })
    if (!OWN_FAULT.includes(reason)) return answer
    const message = `Nothing could be verified: ${reason}: ${detail}`
    this.failed(new ReceiveError('verification_failed', message), context)
    return errorAnswer(500, 'verification_failed')
  }

  /** Waits for `onEvent`. @returns its own answer, else `success`; 500 when it fails, so that the sender tries again */
  async handled(work: () => OwnAnswer, context: Context, success: Answer): Promise<Answer> {
    try {
      return (await work()) ?? success
    } catch (cause) {
      const error = new ReceiveError('handler_failed', 'onEvent failed; the sender may try again.', { cause })
      this.failed(error, context)
      return errorAnswer(500, 'handler_failed')
    }
  }
}

/** @throws ReceiverConfigError `option_invalid` when a function is missing */
export function checkListeners(options: { readonly onEvent: unknown; readonly onError: unknown }): void {
  for (const name of ['onEvent', 'onError'] as const)
    if (typeof options[name] !== 'function')
      throw new ReceiverConfigError('option_invalid', `${name} must be a function.`)
}
