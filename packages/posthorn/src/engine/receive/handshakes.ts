import { nodeCrypto } from '@posthorn/receiver/node'
import {
  answerHandshake,
  HANDSHAKES,
  type HandshakeAnswer,
  type HandshakeContext,
} from '@posthorn/receiver/providers'
import type { InboxSettings } from './inbox-settings.ts'
import type { Keys } from './keys.ts'
import type { IncomingRequest } from './way-in.ts'

/** Answers what the provider asks beside its events. */
export class Handshakes {
  /** Whether there is anything to ask before, or after, verification: most providers ask nothing. */
  readonly before: boolean
  readonly after: boolean
  readonly #settings: InboxSettings
  readonly #context: Omit<HandshakeContext, 'verified'>

  constructor(settings: InboxSettings, keys: Keys) {
    const { provider, secrets, verifyToken, allowedOrigins, allowedRate } = settings
    const { topicArns = [] } = settings.settings
    this.#settings = settings
    this.before = provider.handshakes.some((kind) => HANDSHAKES[kind].when === 'before')
    this.after = provider.handshakes.some((kind) => HANDSHAKES[kind].when === 'after')
    this.#context = {
      ...{ secrets, allowedOrigins, crypto: nodeCrypto(), confirm: keys.confirm },
      topicArns: typeof topicArns === 'string' ? [topicArns] : topicArns,
      ...(verifyToken === null ? {} : { verifyToken }),
      ...(allowedRate === null ? {} : { allowedRate }),
    }
  }

  /** null: the request is none. Never rejects. */
  answer(
    when: 'before' | 'after',
    request: IncomingRequest,
    verified: boolean,
  ): Promise<HandshakeAnswer | null> {
    return answerHandshake(this.#settings.provider.handshakes, when, request, { ...this.#context, verified })
  }
}
