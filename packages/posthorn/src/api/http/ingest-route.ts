import type { RouteOptions } from 'fastify'
import { INGEST_METHODS } from '../contract/ingest.ts'
import type { Ingest } from './ingest.ts'
import { ingestPath } from './ingest-path.ts'

/**
 * Fastify finds the route and leaves the rest: it would refuse content types that it cannot parse, and undo nothing of
 * what its hooks do to a body.
 */
export function ingestRoute(ingest: Ingest): RouteOptions {
  return {
    method: [...INGEST_METHODS],
    url: ingestPath(':source_id'),
    exposeHeadRoute: false,
    onRequest: (request, reply, _done) => {
      reply.hijack()
      void ingest.take((request.params as { source_id: string }).source_id, request.raw, reply.raw)
    },
    handler: () => {
      throw new Error('a request to a source went past its hook')
    },
  }
}
