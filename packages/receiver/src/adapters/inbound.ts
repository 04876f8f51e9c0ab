import { ReceiverConfigError } from '../errors.ts'
import type { Receiver } from '../receiver.ts'
import type { HeadersInput } from '../verify/headers.ts'
import type { Refusal, RefusalReason } from '../verify/refusal.ts'
import type { VerifiedEvent, VerifyRequest, VerifyResult } from '../verify/result.ts'
import { type Answer, errorAnswer } from './answer.ts'
import { ReceiveError } from './error.ts'

/** A request before its body is read. */
export interface RequestHead {
  /** In upper case. */
  readonly method: string
  /** Whole, or the path and the query, as the framework has it. */
  readonly url: string
  readonly headers: HeadersInput
}

/** A request as an adapter hands it over, its body read. */
export interface RawRequest extends RequestHead {
  readonly body: Uint8Array
}

/**
 * What adapters bring requests to. `createInbound` makes one of a receiver and a function, `createProviderInbound` one of
 * a provider; something larger, such as an engine that stores events, can be one itself. Nothing of it may throw.
 */
export interface Inbound<Context> {
  readonly maxBodyBytes: number
  /** What is let through, in upper case; everything else is answered 405. Handshakes need more. @default `['POST']` */
  readonly methods?: readonly string[] | undefined
  /** Asked before the body is read, once a request: is the sender let in? The answer if not; null: go on. */
  admit?(head: RequestHead, context: Context): Answer | null
  /** @param admitted `admit` is there and let the request in */
  receive(request: RawRequest, context: Context, admitted: boolean): Promise<Answer>
  /** The body could not be read, or is larger than `maxBodyBytes`. */
  failed(error: ReceiveError, context: Context, head: RequestHead): void
}

export interface InboundOptions<Context> {
  /** From `createReceiver` or `createSyncReceiver`. */
  readonly receiver: Pick<Receiver, 'maxBodyBytes'> & {
    verify(request: VerifyRequest): VerifyResult | Promise<VerifyResult>
  }
  /**
   * The work. The answer is sent when it has ended: store the event and return, work later. It may return an answer
   * of its own; an error answers 500, so that the sender tries again.
   */
  readonly onEvent: (
    event: VerifiedEvent,
    context: Context,
  ) => undefined | Answer | Promise<undefined | Answer> | void | Promise<void>
  /** Failures on this side: a body parser that was there first, a handler that threw. Log them. */
  readonly onError: (error: ReceiveError, context: Context) => void
  /** Refused requests with their reason, for logs and metrics. The sender is not told the reason. */
  readonly onRefused?: ((refusal: Refusal, context: Context) => void) | undefined
  /** Status after `onEvent`. @default 202 */
  readonly successStatus?: number | undefined
  /** Accepted media types; others are answered 415. @default any */
  readonly contentTypes?: readonly string[] | undefined
}

// These say that the receiver is set up wrongly or cannot compute. A 401 would blame the sender.
const OWN_FAULT: readonly RefusalReason[] = ['body_not_bytes', 'request_malformed', 'crypto_failed']

/**
 * @throws ReceiverConfigError `option_invalid` when a function is missing
 */
export function createInbound<Context>(options: InboundOptions<Context>): Inbound<Context> {
  for (const name of ['onEvent', 'onError'] as const)
    if (typeof options[name] !== 'function')
      throw new ReceiverConfigError('option_invalid', `${name} must be a function.`)
  if (typeof options.receiver?.verify !== 'function')
    throw new ReceiverConfigError('option_invalid', 'receiver must come from createReceiver.')
  return new VerifiedInbound(options)
}

/** An adapter's argument: either kind. */
export function asInbound<Context>(given: Inbound<Context> | InboundOptions<Context>): Inbound<Context> {
  return 'receive' in given ? given : createInbound(given)
}

class VerifiedInbound<Context> implements Inbound<Context> {
  readonly maxBodyBytes: number
  readonly #options: InboundOptions<Context>

  constructor(options: InboundOptions<Context>) {
    this.#options = options
    this.maxBodyBytes = options.receiver.maxBodyBytes
  }

  failed(error: ReceiveError, context: Context): void {
    try {
      this.#options.onError(error, context)
    } catch {
      // There is nobody left to tell, and the sender still needs his answer.
    }
  }

  async receive(request: RawRequest, context: Context): Promise<Answer> {
    const { receiver, contentTypes } = this.#options
    const result = await receiver.verify(request)
    if (!result.ok) {
      this.#tellRefused(result, context)
      return this.#refused(result, context)
    }
    if (contentTypes && !contentTypes.includes(mediaType(result.contentType)))
      return errorAnswer(415, 'unsupported_media_type')
    return this.#handle(result, context)
  }

  #tellRefused(refusal: Refusal, context: Context): void {
    try {
      this.#options.onRefused?.(refusal, context)
    } catch (cause) {
      this.failed(new ReceiveError('handler_failed', 'onRefused failed.', { cause }), context)
    }
  }

  #refused(refusal: Refusal, context: Context): Answer {
    if (refusal.reason === 'body_too_large') return errorAnswer(413, 'body_too_large')
    if (refusal.reason === 'key_unavailable')
      return errorAnswer(503, 'key_unavailable', { 'retry-after': '30' })
    if (!OWN_FAULT.includes(refusal.reason)) return errorAnswer(401, 'invalid_signature')
    const message = `Nothing could be verified: ${refusal.reason}: ${refusal.detail ?? ''}`
    this.failed(new ReceiveError('verification_failed', message), context)
    return errorAnswer(500, 'verification_failed')
  }

  async #handle(event: VerifiedEvent, context: Context): Promise<Answer> {
    try {
      const own = await this.#options.onEvent(event, context)
      return own ?? { status: this.#options.successStatus ?? 202 }
    } catch (cause) {
      this.failed(
        new ReceiveError('handler_failed', 'onEvent failed; the sender may try again.', { cause }),
        context,
      )
      return errorAnswer(500, 'handler_failed')
    }
  }
}

function mediaType(contentType = ''): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}
