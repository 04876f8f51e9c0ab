import { ReceiverConfigError } from '../errors.ts'
import type { Receiver } from '../receiver.ts'
import type { HeadersInput } from '../verify/headers.ts'
import type { VerifiedEvent, VerifyRequest, VerifyResult } from '../verify/result.ts'
import { type Answer, errorAnswer } from './answer.ts'
import type { ReceiveError } from './error.ts'
import { checkListeners, type ListenerOptions, Listeners, type OwnAnswer } from './listeners.ts'

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

export interface InboundOptions<Context> extends ListenerOptions<Context> {
  /** From `createReceiver` or `createSyncReceiver`. */
  readonly receiver: Pick<Receiver, 'maxBodyBytes'> & {
    verify(request: VerifyRequest): VerifyResult | Promise<VerifyResult>
  }
  /**
   * The work. The answer is sent when it has ended: store the event and return, work later. It may return an answer
   * of its own; an error answers 500, so that the sender tries again.
   */
  readonly onEvent: (event: VerifiedEvent, context: Context) => OwnAnswer
  /** Status after `onEvent`. @default 202 */
  readonly successStatus?: number | undefined
  /** Accepted media types; others are answered 415. @default any */
  readonly contentTypes?: readonly string[] | undefined
}

/**
 * @throws ReceiverConfigError `option_invalid` when a function is missing
 */
export function createInbound<Context>(options: InboundOptions<Context>): Inbound<Context> {
  checkListeners(options)
  if (typeof options.receiver?.verify !== 'function')
    throw new ReceiverConfigError('option_invalid', 'receiver must come from createReceiver.')
  return new VerifiedInbound(options)
}

/** An adapter's argument: either kind. */
export function asInbound<Context>(given: Inbound<Context> | InboundOptions<Context>): Inbound<Context> {
  return 'receive' in given ? given : createInbound(given)
}

const INVALID = errorAnswer(401, 'invalid_signature')

class VerifiedInbound<Context> implements Inbound<Context> {
  readonly maxBodyBytes: number
  readonly #options: InboundOptions<Context>
  readonly #listeners: Listeners<Context>

  constructor(options: InboundOptions<Context>) {
    this.#options = options
    this.#listeners = new Listeners(options)
    this.maxBodyBytes = options.receiver.maxBodyBytes
  }

  failed(error: ReceiveError, context: Context): void {
    this.#listeners.failed(error, context)
  }

  async receive(request: RawRequest, context: Context): Promise<Answer> {
    const { receiver, contentTypes, onEvent, successStatus = 202 } = this.#options
    const result = await receiver.verify(request)
    if (!result.ok) return this.#listeners.refused(result, context, INVALID)
    if (contentTypes && !contentTypes.includes(mediaType(result.contentType)))
      return errorAnswer(415, 'unsupported_media_type')
    return this.#listeners.handled(() => onEvent(result, context), context, { status: successStatus })
  }
}

function mediaType(contentType = ''): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}
