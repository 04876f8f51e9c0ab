/**
 * @module @posthorn/receiver/fastify
 * For Fastify 5: `app.register(fastifyAdapter({ receiver, onEvent, onError }), { prefix: '/webhooks' })`.
 */
import type { FastifyLike, FastifyReplyLike, FastifyRequestLike, FastifyRoute } from './fastify-shape.ts'
import { asInbound, type Inbound, type InboundOptions } from './inbound.ts'
import { readParsedBody, unreadNode } from './node-request.ts'
import { serve } from './serve.ts'

export type FastifyContext = { readonly request: FastifyRequestLike; readonly reply: FastifyReplyLike }
type Given = Inbound<FastifyContext> | InboundOptions<FastifyContext>

const REMEDY =
  'Register fastifyAdapter as a plugin (it keeps the parsers away), with no preParsing hook before it.'

/** A plugin with one route at its prefix, for every method, and no body parser in it. */
export function fastifyAdapter(given: Given): (instance: FastifyLike) => Promise<void> {
  const route = fastifyRoute(given)
  return async (instance) => {
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', (_request, _payload, done) => done(null))
    // Not only POST: some providers ask by GET and OPTIONS first; the others are answered 405.
    instance.all('/', route)
  }
}

/** The handler alone, for a route whose content type parser leaves the bytes: `{ parseAs: 'buffer' }`. */
export function fastifyRoute(given: Given): FastifyRoute {
  const inbound = asInbound(given)
  return async (request, reply) => {
    const readBody = (limit: number) => readParsedBody(request.raw, request.body, limit, REMEDY)
    const answer = await serve(inbound, unreadNode(request, readBody), { request, reply })
    reply.code(answer.status)
    for (const [name, value] of Object.entries(answer.headers ?? {})) reply.header(name, value)
    return reply.send(answer.body ?? '')
  }
}
