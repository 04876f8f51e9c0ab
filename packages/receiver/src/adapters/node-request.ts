import { isBytes } from '../verify/body.ts'
import type { Answer } from './answer.ts'
import { bodyAlreadyRead, bodyIncomplete, bodyTooLarge } from './error.ts'
import type { UnreadRequest } from './serve.ts'

/** The part of Node's `IncomingMessage` that is used; no import, so that the core stays free of `node:`. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly readableDidRead: boolean
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown
  on(event: 'end' | 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  pause(): unknown
}

/** The part of Node's `ServerResponse` that is used. */
export interface NodeResponse {
  readonly destroyed: boolean
  readonly headersSent: boolean
  writeHead(status: number, headers: Record<string, string>): { end(body?: string): unknown }
}

type Head = { method?: string | undefined; url?: string | undefined; headers: NodeRequest['headers'] }

export function unreadNode(
  { method, url, headers }: Head,
  readBody: UnreadRequest['readBody'],
): UnreadRequest {
  const contentLength = headers['content-length'] as string | undefined
  return { method: method ?? '', url: url ?? '', headers, contentLength, readBody }
}

/** The raw body: bytes that a raw parser has left in `parsed`, or else the stream's. A request without one has none. */
export async function readParsedBody(
  request: NodeRequest,
  parsed: unknown,
  limit: number,
  remedy: string,
): Promise<Uint8Array> {
  if (isBytes(parsed)) {
    if (parsed.length > limit) throw bodyTooLarge(limit)
    return parsed
  }
  if (isBodiless(request)) return new Uint8Array(0)
  if (parsed !== undefined && parsed !== null) throw bodyAlreadyRead('request.body is parsed', remedy)
  if (request.readableDidRead) throw bodyAlreadyRead('the request stream has been read', remedy)
  return readStream(request, limit)
}

/** There is nothing to read, so no parser can have taken it: Express 4 puts `{}` there all the same. */
function isBodiless({ method = '', headers }: NodeRequest): boolean {
  const length = headers['content-length']
  if (length !== undefined) return length === '0'
  return headers['transfer-encoding'] === undefined && ['GET', 'HEAD', 'OPTIONS'].includes(method)
}

/** Counted while it comes; what is over the limit stays unread. */
function readStream(request: NodeRequest, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    request.on('data', (chunk) => {
      length += chunk.length
      if (length <= limit) return void chunks.push(chunk)
      request.pause()
      reject(bodyTooLarge(limit))
    })
    let ended = false
    request.on('end', () => {
      ended = true
      resolve(joinChunks(chunks, length))
    })
    request.on('error', (error) => reject(bodyIncomplete(error)))
    request.on('close', () => {
      // After the end every request closes; before it, its sender went away.
      if (!ended) reject(bodyIncomplete(undefined))
    })
  })
}

export function joinChunks(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!
  const body = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    body.set(chunk, at)
    at += chunk.length
  }
  return body
}

export function writeNodeAnswer(response: NodeResponse, answer: Answer): void {
  // A handler that wrote an answer of its own has the last word.
  if (response.destroyed || response.headersSent) return
  const { status, headers, body = '' } = answer
  response
    .writeHead(status, { 'content-length': String(new TextEncoder().encode(body).length), ...headers })
    .end(body)
}
