import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { PosthornError } from '../../domain/error.ts'

/** Requests that one key may make; counted in this process, 10,000 keys at most. */
export interface RequestLimit {
  readonly limit: number
  readonly windowMs: number
}

/** For every operation with a key. Register it before the routes. */
export function limitRate(app: FastifyInstance, { limit, windowMs }: RequestLimit): void {
  app.register(rateLimit, {
    max: limit,
    timeWindow: windowMs,
    cache: 10_000,
    keyGenerator: (request) => request.caller?.principal.keyId ?? request.ip,
    allowList: (request) => request.caller === null,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new PosthornError('rate_limited', `This key may make ${max} requests in ${windowMs / 1000} s.`, {
        retryAfterS: ttl / 1000,
      }),
  })
}
