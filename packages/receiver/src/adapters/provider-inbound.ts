import { ReceiverConfigError } from '../errors.ts'
import { answerHandshake, handshakeMethods } from '../handshakes/answer.ts'
import type { HandshakeAnswer, HandshakeContext } from '../handshakes/handshake.ts'
import { type EventItem, eventItems } from '../providers/items.ts'
import { publicUrlOf } from '../providers/public-url.ts'
import {
  createProviderReceiver,
  type ProviderReceiver,
  type ProviderReceiverOptions,
} from '../providers/receiver.ts'
import type { ProviderEvent, ProviderResult } from '../providers/result.ts'
import { type Answer, errorAnswer } from './answer.ts'
import type { ReceiveError } from './error.ts'
import type { Inbound, RawRequest } from './inbound.ts'
import { checkListeners, type ListenerOptions, Listeners, type OwnAnswer } from './listeners.ts'

type Asked = Pick<HandshakeContext, 'verifyToken' | 'allowedOrigins' | 'allowedRate' | 'confirm'>

export interface ProviderInboundOptions<Context>
  extends ProviderReceiverOptions,
    Asked,
    ListenerOptions<Context> {
  /**
   * The public URL of this way in, as the provider was given it: needed where the provider signs it (Twilio, Square,
   * HubSpot), since behind a proxy nobody else knows it. The request's query is added unless it has one itself.
   */
  readonly publicUrl?: string | undefined
  /**
   * The work, once for each verified request: of a batch there are several items, else there is one. Handshakes do not
   * get here. The answer is sent when it has ended: store the items and return, work later. It may return an answer of
   * its own; an error answers 500, so that the provider tries again.
   */
  readonly onEvent: (items: readonly EventItem[], request: ProviderEvent, context: Context) => OwnAnswer
  /** Answers to handshakes, also those that say no. */
  readonly onHandshake?: ((answer: HandshakeAnswer, context: Context) => void) | undefined
}

/**
 * Everything about one provider, for an adapter: its handshakes, its signature, its batches, and the answers that it
 * takes for success and for a refusal. It keeps nothing: tell duplicates by the ids of the items.
 *
 * @example
 * const inbound = createProviderInbound({ provider: zoom, secrets: [secret],
 *   onEvent: (items) => store(items), onError: (error) => log(error) })
 * app.all('/webhooks/zoom', expressAdapter(inbound))
 * @throws ReceiverConfigError for secrets, settings or options that cannot be used
 */
export function createProviderInbound<Context>(options: ProviderInboundOptions<Context>): Inbound<Context> {
  checkListeners(options)
  const { provider, publicUrl } = options
  const signsUrl = provider.scheme.signed.includes('url')
  if (signsUrl && !URL.canParse(publicUrl ?? ''))
    throw new ReceiverConfigError(
      'option_invalid',
      `${provider.title} signs the URL: publicUrl must be the URL as the provider was given it, https://….`,
    )
  return new ProviderInbound(options, signsUrl ? publicUrl : undefined)
}

class ProviderInbound<Context> implements Inbound<Context> {
  readonly maxBodyBytes: number
  readonly methods: readonly string[]
  readonly #options: ProviderInboundOptions<Context>
  readonly #signedUrl: string | undefined
  readonly #receiver: ProviderReceiver
  readonly #listeners: Listeners<Context>

  constructor(options: ProviderInboundOptions<Context>, signedUrl: string | undefined) {
    this.#options = options
    this.#signedUrl = signedUrl
    this.#receiver = createProviderReceiver(options)
    this.#listeners = new Listeners(options)
    this.maxBodyBytes = this.#receiver.maxBodyBytes
    this.methods = handshakeMethods(options.provider.handshakes)
  }

  failed(error: ReceiveError, context: Context): void {
    this.#listeners.failed(error, context)
  }

  async receive(request: RawRequest, context: Context): Promise<Answer> {
    const before = await this.#handshake('before', request, false, context)
    if (before) return before
    // GET and OPTIONS are never events.
    if (request.method !== 'POST')
      return errorAnswer(405, 'method_not_allowed', { allow: this.methods.join(', ') })
    const result = await this.#verify(request)
    if (!result.ok) return this.#listeners.refused(result, context, this.#options.provider.answers.refusal)
    const after = await this.#handshake('after', request, true, context)
    return after ?? this.#events(result, context)
  }

  #verify(request: RawRequest): ProviderResult | Promise<ProviderResult> {
    const signedUrl = this.#signedUrl
    if (signedUrl === undefined) return this.#receiver.verify(request)
    return this.#receiver.verify({ ...request, url: publicUrlOf(signedUrl, request.url) })
  }

  #events(event: ProviderEvent, context: Context): Promise<Answer> {
    const { provider, onEvent } = this.#options
    const work = () => onEvent(eventItems(provider.items, event), event, context)
    return this.#listeners.handled(work, context, provider.answers.success)
  }

  async #handshake(
    when: 'before' | 'after',
    request: RawRequest,
    verified: boolean,
    context: Context,
  ): Promise<HandshakeAnswer | null> {
    const { provider, settings, onHandshake } = this.#options
    const topics = settings?.topicArns ?? []
    const topicArns = typeof topics === 'string' ? [topics] : topics
    const known = { ...this.#options, topicArns, verified }
    const answer = await answerHandshake(provider.handshakes, when, request, known)
    if (answer) this.#listeners.told('onHandshake', () => onHandshake?.(answer, context), context)
    return answer
  }
}
