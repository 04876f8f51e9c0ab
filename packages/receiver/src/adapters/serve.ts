import type { HeadersInput } from '../verify/headers.ts'
import { type Answer, errorAnswer } from './answer.ts'
import { bodyTooLarge, ReceiveError } from './error.ts'
import type { Inbound } from './inbound.ts'

/** A request before its body is read. */
export interface UnreadRequest {
  readonly method: string
  readonly url: string
  readonly headers: HeadersInput
  /** The `content-length` header, if there is one. */
  readonly contentLength: string | null | undefined
  /** Reads the raw bytes, at most `limit`. Throws a ReceiveError when it cannot. */
  readBody(limit: number): Promise<Uint8Array>
}

const BODY_ANSWERS = { body_too_large: 413, body_incomplete: 400 } as const

/** The work that all adapters share: limits, then the body, then the inbound. Never throws. */
export async function serve<Context>(
  inbound: Inbound<Context>,
  request: UnreadRequest,
  context: Context,
): Promise<Answer> {
  const { method, url, headers } = request
  if (method !== 'POST') return errorAnswer(405, 'method_not_allowed', { allow: 'POST' })
  try {
    // Before anything is read. A chunked body has no length: it is counted while it comes.
    if (Number(request.contentLength ?? 0) > inbound.maxBodyBytes) throw bodyTooLarge(inbound.maxBodyBytes)
    const body = await request.readBody(inbound.maxBodyBytes)
    return await inbound.receive({ method, url, headers, body }, context)
  } catch (cause) {
    const error = asReceiveError(cause)
    inbound.failed(error, context)
    const status = error.code in BODY_ANSWERS ? BODY_ANSWERS[error.code as keyof typeof BODY_ANSWERS] : 500
    // The rest of the body is not read, so nothing more can come over this connection.
    return errorAnswer(status, error.code, status === 500 ? {} : { connection: 'close' })
  }
}

function asReceiveError(cause: unknown): ReceiveError {
  if (cause instanceof ReceiveError) return cause
  return new ReceiveError('handler_failed', 'Receiving failed.', { cause })
}
