import type { Answer } from './answer.ts'
import { bodyAlreadyRead, bodyIncomplete, bodyTooLarge } from './error.ts'
import { joinChunks } from './node-request.ts'
import type { UnreadRequest } from './serve.ts'

/** A `Request` as the shared work wants it. */
export function unreadRequest(request: Request, remedy: string): UnreadRequest {
  return {
    method: request.method,
    url: request.url,
    headers: request.headers,
    contentLength: request.headers.get('content-length'),
    readBody: (limit) => readWebBody(request, limit, remedy),
  }
}

async function readWebBody(request: Request, limit: number, remedy: string): Promise<Uint8Array> {
  if (request.bodyUsed) throw bodyAlreadyRead('request.bodyUsed is true', remedy)
  if (!request.body) return new Uint8Array(0)
  if (request.body.locked) throw bodyAlreadyRead('request.body is locked by another reader', remedy)
  const reader = request.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read().catch((error) => {
      throw bodyIncomplete(error)
    })
    if (done) return joinChunks(chunks, length)
    length += value.length
    chunks.push(value)
    if (length <= limit) continue
    // Not awaited: the sender may never stop, and his answer must not wait for it.
    reader.cancel().catch(() => {})
    throw bodyTooLarge(limit)
  }
}

export function toResponse({ status, headers, body }: Answer): Response {
  return new Response(body ?? null, { status, headers: { ...headers } })
}
