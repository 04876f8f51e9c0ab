import { type Answer, errorAnswer } from './answer.ts'
import { bodyTooLarge, ReceiveError } from './error.ts'
import type { Inbound, RequestHead } from './inbound.ts'

/** What an adapter makes of its framework's request. */
export interface UnreadRequest extends RequestHead {
  /** The `content-length` header, if there is one. */
  readonly contentLength: string | null | undefined
  /** Reads the raw bytes, at most `limit`. Throws a ReceiveError when it cannot. */
  readBody(limit: number): Promise<Uint8Array>
}

const POST_ONLY: readonly string[] = ['POST']
const BODY_ANSWERS = { body_too_large: 413, body_incomplete: 400 } as const

/** The work that all adapters share: method, sender, limits, then the body, then the inbound. Never throws. */
export async function serve<Context>(
  inbound: Inbound<Context>,
  request: UnreadRequest,
  context: Context,
): Promise<Answer> {
  const { method, url, headers } = request
  const { methods = POST_ONLY } = inbound
  if (!methods.includes(method)) return errorAnswer(405, 'method_not_allowed', { allow: methods.join(', ') })
  const head = { method, url, headers }
  try {
    const turnedAway = inbound.admit?.(head, context)
    if (turnedAway) return turnedAway
    // Before anything is read. A chunked body has no length: it is counted while it comes.
    if (Number(request.contentLength ?? 0) > inbound.maxBodyBytes) throw bodyTooLarge(inbound.maxBodyBytes)
    const body = await request.readBody(inbound.maxBodyBytes)
    return await inbound.receive({ ...head, body }, context, turnedAway === null)
  } catch (cause) {
    const error = asReceiveError(cause)
    inbound.failed(error, context, head)
    const status = error.code in BODY_ANSWERS ? BODY_ANSWERS[error.code as keyof typeof BODY_ANSWERS] : 500
    // The rest of the body is not read, so nothing more can come over this connection.
    return errorAnswer(status, error.code, status === 500 ? {} : { connection: 'close' })
  }
}

function asReceiveError(cause: unknown): ReceiveError {
  if (cause instanceof ReceiveError) return cause
  return new ReceiveError('handler_failed', 'Receiving failed.', { cause })
}
