/** The contract on Fastify. Fastify routes and reads bodies; what is asked and answered is decided here. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { type ErrorCode, PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Intake } from '../../engine/intake.ts'
import type { AddressList } from '../../engine/receive/address-list.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import { split } from '../contract/openapi.ts'
import { OPERATIONS, type OperationId, REQUEST_ID_HEADER } from '../contract/operations.ts'
import { answerBrokenRequest } from './broken-request.ts'
import { isConsolePage, sendConsole } from './console.ts'
import { drain } from './drain.ts'
import type { Handler, Handlers, Tools } from './handler.ts'
import { Ingest } from './ingest.ts'
import { ingestRoute } from './ingest-route.ts'
import { limitIntake } from './limit-intake.ts'
import { allowedMethods } from './paths.ts'
import { isPortalPage, portalHeaders } from './portal.ts'
import { PROBLEM_MEDIA, toPosthornError, toProblem } from './problem.ts'
import { limitRate, type RequestLimit } from './rate-limit.ts'
import { makeRequestIds } from './request-id.ts'
import { makeRoute } from './route.ts'

/** A body must have arrived after this long; longer than a phone needs for 5 MiB, shorter than a drip can hold a socket. */
const REQUEST_TIMEOUT_MS = 60_000
const HEADERS_TIMEOUT_MS = 15_000
/** Above the 60 s after which common balancers drop an idle connection, so that they close it, not we. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000
/** Request line and headers together. */
const HEADERS_BYTES = 16 * 1024

export interface AppParts {
  readonly tools: Tools
  readonly handlers: Handlers
  readonly random: Random
  readonly logger: Logger
  /** True once the server is closing. */
  readonly closing: () => boolean
  readonly requestLimit: RequestLimit | null
  readonly intake: Intake
  /** Whose word on who sent a request is believed. */
  readonly trusted: AddressList
  /** Serve what asks after the process, and nothing else. */
  readonly probesOnly: boolean
  /** Whose pages may have the portal in a frame. */
  readonly portalOrigins: readonly string[]
}

/** What a process that only delivers serves too. */
const PROBES: readonly OperationId[] = ['health', 'readiness', 'metrics']

export function makeApp(parts: AppParts): FastifyInstance {
  const app = Fastify({
    logger: false,
    http: {
      maxHeaderSize: HEADERS_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: 5000,
    },
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    bodyLimit: LIMITS.requestBodyBytes,
    // 503 with a problem is answered by `onRequest` below.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: HEADERS_BYTES },
    genReqId: makeRequestIds(parts.random),
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => fail(error, request, reply, parts),
  })
  app.decorateRequest('caller', null)
  app.decorateRequest('held', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    const refused = refuseCoding(request)
    done(refused, body)
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID_HEADER, request.id)
    reply.header('x-content-type-options', 'nosniff')
    reply.header('cache-control', 'no-store')
    done(parts.closing() ? stopping() : undefined)
  })
  app.setErrorHandler((error, request, reply) => fail(error, request, reply, parts))
  app.setNotFoundHandler((request, reply) =>
    !parts.probesOnly && isConsolePage(request)
      ? isPortalPage(request)
        ? reply.headers(portalHeaders(parts.portalOrigins)).consolePage()
        : sendConsole(reply)
      : fail(noSuchRoute(request, reply, parts), request, reply, parts),
  )
  if (parts.requestLimit !== null) limitRate(app, parts.requestLimit)
  limitIntake(app, parts.intake)
  const { sources } = parts.tools.useCases
  const { trusted, logger, closing, intake } = parts
  const ingest = new Ingest({ sources, trusted, logger, closing, intake })
  app.register(async (routes) => {
    if (!parts.probesOnly) routes.route(ingestRoute(ingest))
    for (const id of parts.probesOnly ? PROBES : (Object.keys(OPERATIONS) as OperationId[]))
      routes.route(makeRoute(id, parts.handlers[id] as unknown as Handler<OperationId>, parts))
  })
  return app
}

/** An error as its problem. What is ours to mend is logged with the request's id. */
function fail(
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { logger, closing }: Pick<AppParts, 'logger' | 'closing'>,
): void {
  const error = isTooLarge(thrown) ? tooLarge(request) : toPosthornError(thrown, request.id)
  const { status } = error
  if (status === 500)
    logger.error('a request failed', {
      request_id: request.id,
      method: request.method,
      route: request.routeOptions?.url ?? null,
      error: error.cause ?? error,
    })
  if (error.retryAfterS !== null || RETRY_LATER.has(error.code))
    reply.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfterS ?? 1))))
  // Fastify has asked for the connection to be closed.
  if (error.code === 'body_too_large' && drain(request.raw)) reply.removeHeader('connection')
  if (closing()) reply.header('connection', 'close')
  if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="posthorn"')
  reply
    .code(status)
    .header('content-type', PROBLEM_MEDIA)
    .send(JSON.stringify(toProblem(error)))
}

const RETRY_LATER: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'store_unavailable', 'stopping'])

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
}

function tooLarge(request: FastifyRequest): PosthornError {
  const limit = request.routeOptions.bodyLimit
  return new PosthornError(
    'body_too_large',
    `The body is larger than the ${limit} bytes that are accepted here.`,
  )
}

function stopping(): PosthornError {
  return new PosthornError('stopping', 'The process is shutting down; send the request again.', {
    retryAfterS: 1,
  })
}

function refuseCoding(request: FastifyRequest): PosthornError | null {
  const coding = request.headers['content-encoding'] ?? 'identity'
  if (coding !== 'identity')
    return new PosthornError('media_type_unsupported', 'Send the body without a content-encoding.')
  const charset =
    /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(request.headers['content-type'] ?? '')?.[1] ?? 'utf-8'
  if (/^utf-?8$/i.test(charset)) return null
  return new PosthornError('media_type_unsupported', `JSON is UTF-8; the charset ${charset} is not accepted.`)
}

function noSuchRoute(
  request: FastifyRequest,
  reply: FastifyReply,
  { probesOnly }: Pick<AppParts, 'probesOnly'>,
): PosthornError {
  const path = request.url.split('?', 1)[0] ?? ''
  if (probesOnly && !PROBES.some((id) => split(id)[1] === path))
    return new PosthornError(
      'not_found',
      'This process is a worker: it delivers, and serves only /healthz, /readyz and /metrics. The API is served by processes with --role api or all.',
    )
  const allowed = allowedMethods(path)
  if (allowed.length === 0)
    return new PosthornError(
      'not_found',
      'There is no such path here. GET /openapi.json lists those there are.',
    )
  reply.header('allow', allowed.join(', '))
  return new PosthornError('method_not_allowed', `This path takes ${allowed.join(', ')}.`)
}
