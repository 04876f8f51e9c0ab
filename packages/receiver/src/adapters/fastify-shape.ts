import type { NodeRequest } from './node-request.ts'

/** The parts of Fastify that are used, by shape, so that nothing is imported. */
export interface FastifyRequestLike {
  readonly method: string
  readonly url: string
  readonly headers: NodeRequest['headers']
  readonly body: unknown
  readonly raw: NodeRequest
}

export interface FastifyReplyLike {
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(body: string): unknown
}

export type FastifyRoute = (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>

type Parser = (request: unknown, payload: unknown, done: (error: null) => void) => void

export interface FastifyLike {
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(contentType: string, parser: Parser): unknown
  all(path: string, handler: FastifyRoute): unknown
}
