import type { AddressList } from '../engine/receive/address-list.ts'
import type { Inbox } from '../engine/receive/inbox.ts'
import { senderOf } from '../engine/receive/sender.ts'
import type { InboundAnswer, IncomingRequest, RequestHead, Sender } from '../engine/receive/way-in.ts'
import type { Logger } from '../ports/logger.ts'

export interface SourceInboxParts {
  readonly name: string
  readonly inbox: Inbox
  /** Proxies whose word about a sender counts. */
  readonly trustedProxies: AddressList
  readonly logger: Logger
}

/**
 * A source's way in, as the adapters of `@posthorn/receiver` take it: `expressAdapter(inbox)`, `fastifyAdapter(inbox)`,
 * `webAdapter(inbox)` and so on. They bring the raw bytes; it verifies, deduplicates, stores and answers.
 */
export class SourceInbox {
  readonly maxBodyBytes: number
  /** Providers ask by GET and OPTIONS too. */
  readonly methods = ['POST', 'GET', 'OPTIONS'] as const
  readonly #parts: SourceInboxParts

  constructor(parts: SourceInboxParts) {
    this.#parts = parts
    this.maxBodyBytes = parts.inbox.maxBodyBytes
  }

  /**
   * Never throws. What the provider takes for success when the event is stored or was there already, what it takes for
   * a refusal when the signature does not fit; 403 or 429 for a sender that is not let in, 413 too large, 503 not
   * stored: send it again.
   * @param context of the adapter: where the framework's request has a socket, the sender is known
   * @param admitted `admit` let it in already
   */
  receive(request: IncomingRequest, context?: unknown, admitted = false): Promise<InboundAnswer> {
    return this.#parts.inbox.receive(request, this.#sender(request, context), admitted)
  }

  /** Before the body is read: the answer to a sender that is not let in; null: go on. */
  admit(head: RequestHead, context?: unknown): InboundAnswer | null {
    return this.#parts.inbox.admit(head, this.#sender(head, context))
  }

  /** An adapter could not read the body: it is too large, or a body parser was there first. */
  failed(error: Error, context?: unknown, head?: RequestHead): void {
    const { logger, name, inbox } = this.#parts
    if ('code' in error && error.code === 'body_too_large' && head !== undefined) {
      inbox.refuseBody(head, this.#sender(head, context))
      return
    }
    logger.error(error.message, { source: name, code: 'code' in error ? error.code : undefined })
  }

  #sender({ headers, url }: RequestHead, context: unknown): Sender {
    const socket = socketOf(context)
    const encrypted =
      socket === null ? (URL.canParse(url) ? url.startsWith('https:') : null) : socket.encrypted === true
    const address = typeof socket?.remoteAddress === 'string' ? socket.remoteAddress : null
    return senderOf({ address, encrypted }, headers, this.#parts.trustedProxies)
  }
}

interface SocketLike {
  readonly remoteAddress?: unknown
  /** Only a TLS socket has it. */
  readonly encrypted?: unknown
}

/** Express and `node:http`, Fastify, Hono on `@hono/node-server`; a bare `Request` has none. */
function socketOf(context: unknown): SocketLike | null {
  const { request, env } = (context ?? {}) as {
    request?: { socket?: SocketLike; raw?: { socket?: SocketLike } }
    env?: { incoming?: { socket?: SocketLike } }
  }
  return request?.socket ?? request?.raw?.socket ?? env?.incoming?.socket ?? null
}
