/** `/in/{source_id}`: a provider's request as raw bytes to the source's way in, and its answer back. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isPosthornError } from '../../domain/error.ts'
import type { Held, Intake } from '../../engine/intake.ts'
import type { AddressList } from '../../engine/receive/address-list.ts'
import { errorAnswer, laterAnswer } from '../../engine/receive/answers.ts'
import type { SourceUseCases } from '../../engine/receive/use-cases.ts'
import type { InboundAnswer } from '../../engine/receive/way-in.ts'
import type { Logger } from '../../ports/logger.ts'
import { drainCounted } from './drain.ts'
import { readRawBody } from './raw-body.ts'
import { senderAt } from './sender-at.ts'

export interface IngestParts {
  readonly sources: Pick<SourceUseCases, 'wayIn'>
  readonly trusted: AddressList
  readonly logger: Logger
  readonly intake: Intake
  /** True once the server is closing. */
  readonly closing: () => boolean
}

/** Not active, deleted or never there: a stranger is not told which. */
const UNKNOWN = errorAnswer(404, 'not_found')
const LATER_S = 30
const FULL_LATER_S = 1

/**
 * A hot path, so no parser, no schema and no hook stands before it; the limits are those of the source. Nothing is read
 * of a request that is not let in.
 */
export class Ingest {
  readonly #parts: IngestParts

  constructor(parts: IngestParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  async take(sourceId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const held = this.#parts.intake.open()
    const answer = await this.#answerTo(sourceId, request, held)
    held.end()
    if (answer !== null && !response.destroyed) this.#write(answer, request, response)
  }

  /** null: the sender has gone. */
  async #answerTo(sourceId: string, request: IncomingMessage, held: Held): Promise<InboundAnswer | null> {
    try {
      const found = this.#parts.sources.wayIn(sourceId)
      // In memory but for the first time.
      const wayIn = found instanceof Promise ? await found : found
      if (wayIn === null) return UNKNOWN
      const { method = '', url = '' } = request
      const head = { method, url, headers: headerPairs(request.rawHeaders) }
      const sender = senderAt(request, this.#parts.trusted, head.headers)
      const turnedAway = wayIn.admit(head, sender)
      if (turnedAway !== null) return turnedAway
      const body = await readRawBody(request, wayIn.maxBodyBytes, held)
      if (body === 'gone') return null
      if (body === 'no room') return laterAnswer('store_unavailable', FULL_LATER_S)
      return body === 'larger'
        ? wayIn.refuseBody(head, sender)
        : await wayIn.receive({ ...head, body }, sender, true)
    } catch (error) {
      return this.#unusable(error, sourceId)
    }
  }

  /** The store is away, or a secret cannot be opened: the sender must try again, a 4xx would make it give up. */
  #unusable(error: unknown, sourceId: string): InboundAnswer {
    this.#parts.logger.error('an inbound request found its source unusable', {
      source: sourceId.slice(0, 64),
      error: String(error),
    })
    const retryAfterS = (isPosthornError(error) ? error.retryAfterS : null) ?? LATER_S
    return laterAnswer('store_unavailable', retryAfterS)
  }

  #write(answer: InboundAnswer, request: IncomingMessage, response: ServerResponse): void {
    const { status, headers, body = '' } = answer
    const unread = !request.complete && hasBody(request)
    const drained = unread && drainCounted(request)
    const open = drained === unread && !this.#parts.closing()
    response.writeHead(status, {
      // An answer may repeat what was asked: no browser shall take it for a page.
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...headers,
      ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
      ...(open ? {} : { connection: 'close' }),
    })
    if (!drained) {
      response.end(body)
      return
    }
    // Whole for its reader, but not at its end: the end resets a connection that its client wants to be closed, and a
    // client in the middle of its body then reports the broken pipe instead of the answer.
    response.flushHeaders()
    if (body !== '') response.write(body)
    request.once('close', () => response.end())
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = headers
  return coding !== undefined || length !== '0'
}

/** As they came, doubled ones twice; Node's record has joined them. */
function headerPairs(raw: readonly string[]): Array<readonly [name: string, value: string]> {
  const pairs: Array<readonly [string, string]> = []
  for (let at = 0; at < raw.length; at += 2) pairs.push([raw[at] as string, raw[at + 1] as string])
  return pairs
}
