import type { Socket } from 'node:net'
import { ERRORS, type ErrorCode, PosthornError } from '../../domain/error.ts'
import { PROBLEM_MEDIA, toProblem } from './problem.ts'

/** Answers what the HTTP parser could not read, or what did not arrive in time. Then the connection is closed. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [code, detail] = explain(error.code)
  const { status } = ERRORS[code]
  const body = JSON.stringify(toProblem(new PosthornError(code, detail)))
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status]}`,
    `content-type: ${PROBLEM_MEDIA}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ].join('\r\n')
  socket.end(`${head}\r\n\r\n${body}`)
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

function explain(code: string | undefined): [ErrorCode, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['headers_too_large', 'The request line and the headers together are larger than 16 KiB.']
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return [
      'request_timeout',
      'The request did not arrive in time: headers within 15 s, all of it within 60 s.',
    ]
  return ['invalid_request', 'This is not a well-formed HTTP/1.1 request.']
}
