/** The bodies of all requests together take no more memory than they may; who comes then is told to come again. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PosthornError } from '../../domain/error.ts'
import type { Held, Intake } from '../../engine/intake.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of its body, while nobody else sees to its end. */
    held: Held | null
  }
}

/** For every operation with a body, before it is read and after its caller is known: a stranger takes no room. */
export function limitIntake(app: FastifyInstance, intake: Intake): void {
  app.addHook('preParsing', (request, reply, _payload, done) => {
    const bytes = bodyBytes(request)
    if (bytes === 0) return done()
    const held = intake.open()
    if (!held.take(bytes)) return done(noRoom())
    request.held = held
    // A body that never comes, or is refused, gets to no handler.
    reply.raw.once('close', () => request.held?.end())
    done()
  })
}

/** What was taken is given back when the work is done, also when the caller has gone long before. */
export async function heldUntil<T>(request: FastifyRequest, work: Promise<T>): Promise<T> {
  const { held } = request
  request.held = null
  try {
    return await work
  } finally {
    held?.end()
  }
}

/** What it may become, where it does not say. One that says too much is refused without reading it. */
function bodyBytes({ headers, routeOptions }: FastifyRequest): number {
  const limit = routeOptions.bodyLimit ?? 0
  if (headers['transfer-encoding'] !== undefined) return limit
  const declared = Number(headers['content-length'] ?? 0)
  return declared > limit ? 0 : declared
}

function noRoom(): PosthornError {
  return new PosthornError(
    'store_unavailable',
    'More is on its way to the store than may be. Nothing was accepted. Try again shortly.',
    { retryAfterS: 1 },
  )
}
