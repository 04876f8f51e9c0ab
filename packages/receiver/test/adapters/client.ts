import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'

export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Headers = Readonly<Record<string, string | readonly string[]>>

/** A POST whose body is not ended yet. Header values that are lists go over the wire as several headers. */
export function open(url: string, headers: Headers, method = 'POST'): ClientRequest {
  const opened = request(url, { method, agent: false })
  for (const [name, value] of Object.entries(headers)) opened.setHeader(name, value)
  return opened
}

/** Waits for the answer, which may come before the request is complete. */
export async function answerOf(opened: ClientRequest): Promise<Reply> {
  const [response] = (await once(opened, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  opened.destroy()
  return { status: response.statusCode ?? 0, headers: response.headers, body }
}

export function post(url: string, headers: Headers, body: Uint8Array, method = 'POST'): Promise<Reply> {
  const opened = open(url, headers, method)
  const answer = answerOf(opened)
  opened.end(body)
  return answer
}

/** Without a body, as handshakes come. */
export function ask(url: string, headers: Headers, method: string): Promise<Reply> {
  const opened = open(url, headers, method)
  const answer = answerOf(opened)
  opened.end()
  return answer
}
