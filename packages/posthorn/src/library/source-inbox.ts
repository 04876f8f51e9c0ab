import type { VerifyRequest } from '@posthorn/receiver'
import type { Inbox, InboxAnswer } from '../engine/receive/inbox.ts'
import type { Logger } from '../ports/logger.ts'

/**
 * A source's way in, as the adapters of `@posthorn/receiver` take it: `expressAdapter(inbox)`, `fastifyAdapter(inbox)`,
 * `webAdapter(inbox)` and so on. They bring the raw bytes; it verifies, deduplicates, stores and answers.
 */
export class SourceInbox {
  readonly maxBodyBytes: number
  readonly #inbox: Inbox
  readonly #name: string
  readonly #logger: Logger

  constructor(name: string, inbox: Inbox, logger: Logger) {
    this.#name = name
    this.#inbox = inbox
    this.#logger = logger
    this.maxBodyBytes = inbox.maxBodyBytes
  }

  /** Never throws. 202 stored, 200 a duplicate, 401 refused, 413 too large, 503 not stored: send it again. */
  receive(request: VerifyRequest, context?: unknown): Promise<InboxAnswer> {
    return this.#inbox.receive(request, addressOf(context))
  }

  /** An adapter could not read the body, most often because a body parser was there first. */
  failed(error: Error, _context?: unknown): void {
    this.#logger.error(error.message, { source: this.#name, code: 'code' in error ? error.code : undefined })
  }
}

/** The sender's address, where the framework's request has a socket: for the log of refused requests. */
function addressOf(context: unknown): string | null {
  const { request } = (context ?? {}) as { request?: { socket?: { remoteAddress?: unknown } } }
  const address = request?.socket?.remoteAddress
  return typeof address === 'string' ? address : null
}
