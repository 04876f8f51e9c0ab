/** One operation of the contract as a route: who may, does it fit, do it, answer. */
import type { FastifyReply, FastifyRequest, HTTPMethods, onRequestHookHandler, RouteOptions } from 'fastify'
import type { TSchema } from 'typebox'
import { PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import { pointer } from '../../domain/pointer.ts'
import type { PortalScope } from '../../domain/portal.ts'
import { CONTRACT } from '../contract/contract.ts'
import { split } from '../contract/openapi.ts'
import type { Operation } from '../contract/operation.ts'
import { CONSOLE_HEADER, type OperationId, TENANT_HEADER } from '../contract/operations.ts'
import { PORTAL_OPERATIONS } from '../contract/portal.ts'
import { isJsonText } from '../json/text.ts'
import { parseBody } from '../wire/body.ts'
import { actingOf } from './acting.ts'
import type { Caller, Credentials } from './auth.ts'
import type { Call, Handler, Tools } from './handler.ts'
import { heldUntil } from './limit-intake.ts'
import { isDirectLoopback } from './loopback.ts'
import type { Origin } from './origin.ts'
import { checkOwnPage } from './own-page.ts'
import { readQuery } from './query.ts'
import { readSessionCookie } from './session-cookie.ts'
import { FLAWS_MAX, invalid, UNKNOWN, type Validator } from './validation.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null
  }
}

export const JSON_MEDIA = 'application/json; charset=utf-8'
const NO_BYTES = Buffer.alloc(0)
/** These read their bytes themselves: their data must reach the store as it came. */
const READ_BYTES: ReadonlySet<OperationId> = new Set(['publishEvent', 'publishEvents'])

type RouteTools = Pick<Tools, 'validator' | 'authenticator' | 'origin' | 'useCases'>

export function makeRoute(
  id: OperationId,
  handler: Handler<OperationId>,
  parts: { readonly tools: RouteTools; readonly closing: () => boolean },
): RouteOptions {
  const { validator } = parts.tools
  const operation: Operation = CONTRACT[id]
  const [method, path] = split(id)
  const readBody = READ_BYTES.has(id) ? () => undefined : bodyReader(operation, validator)
  const readQueryOf = queryReader(operation, validator)
  const readHeadersOf = headerReader(operation, validator)
  return {
    method: method as HTTPMethods,
    url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
    bodyLimit: operation.bodyLimit ?? LIMITS.requestBodyBytes,
    ...(operation.scopes === null
      ? {}
      : { onRequest: authentication(operation, PORTAL_OPERATIONS[id], parts.tools) }),
    handler: async (request, reply) => {
      const bytes = (request.body as Buffer | undefined) ?? NO_BYTES
      const { caller } = request
      const call = {
        params: checked(operation.params, request.params, 'path/', validator),
        query: readQueryOf(request),
        headers: readHeadersOf(request),
        body: readBody(bytes),
        bytes,
        tenant: caller?.tenant ?? null,
        principal: caller?.principal ?? null,
        requestId: request.id,
        raw: request.raw,
      } as unknown as Call<OperationId>
      const answer = await heldUntil(
        request,
        method === 'GET' || READ_BYTES.has(id)
          ? handler(call)
          : inTheNameOf(call, parts.tools, () => handler(call)),
      )
      // Without it the connection would stay open for the client's next request, and the close would wait for that.
      if (parts.closing()) reply.header('connection', 'close')
      return send(reply, operation, answer)
    },
  }
}

/** What is changed is told to be by the caller. Publishing changes nothing, and its path is hot. */
function inTheNameOf<T>(call: Call<OperationId>, tools: RouteTools, work: () => Promise<T>): Promise<T> {
  const { principal, requestId, raw } = call
  if (principal === null) return work()
  const { address } = tools.origin.senderOf(raw)
  return tools.useCases.audit.run(actingOf(principal, requestId, address), work)
}

function authentication(
  operation: Operation,
  portal: PortalScope | undefined,
  { authenticator, origin }: Pick<RouteTools, 'authenticator' | 'origin'>,
): onRequestHookHandler {
  const access = { scopes: operation.scopes ?? [], tenant: operation.tenant, portal }
  return (request, _reply, done) => {
    const credentials = readCredentials(request, origin)
    if (operation.openOnLoopback && credentials.authorization === undefined && isDirectLoopback(request.raw))
      return done()
    try {
      if (credentials.session) checkOwnPage(request.raw, origin)
      request.caller = authenticator.recall(credentials, access)
    } catch (error) {
      return done(error as Error)
    }
    // Known callers pass without a promise.
    if (request.caller !== null) return done()
    authenticator.identify(credentials, access).then((caller) => {
      request.caller = caller
      done()
    }, done)
  }
}

export function readCredentials({ headers, raw }: FastifyRequest, origin: Origin): Credentials {
  const { authorization, cookie } = headers
  const named = headers[TENANT_HEADER]
  const tenant = Array.isArray(named) ? named.join() : named
  if (authorization !== undefined || cookie === undefined) return { authorization, tenant }
  const mode = String(headers[CONSOLE_HEADER] ?? '')
  const portal = mode.startsWith('portal')
  const found = readSessionCookie(cookie, origin.isSecure(raw), portal)
  if (found === null) return { authorization, tenant }
  return { authorization, tenant, session: { ...found, portal, seen: !mode.endsWith('background') } }
}

function checked(schema: TSchema | undefined, value: unknown, where: string, validator: Validator): unknown {
  if (schema !== undefined) validator.check(schema, value, where)
  return value
}

/** Those that the contract names. On the hot path of a publish most requests have none of them. */
function headerReader(operation: Operation, validator: Validator): (request: FastifyRequest) => unknown {
  const { headers: schema } = operation
  if (schema === undefined) return () => undefined
  const names = Object.keys((schema as { properties?: object }).properties ?? {})
  return ({ headers }) => {
    const read: Record<string, unknown> = {}
    for (const name of names) if (headers[name] !== undefined) read[name] = headers[name]
    return checked(schema, read, 'header/', validator)
  }
}

function queryReader(operation: Operation, validator: Validator): (request: FastifyRequest) => unknown {
  const { query: schema } = operation
  if (schema !== undefined)
    return ({ query }) => checked(schema, readQuery(schema, query), 'query/', validator)
  // Probes may bring parameters of their own.
  if (operation.tag === 'Server') return () => undefined
  return ({ query }) => {
    const flaws = Object.keys(query as object).map((name) => ({
      path: `query${pointer(name)}`,
      message: UNKNOWN,
    }))
    if (flaws.length > 0) throw invalid(flaws.slice(0, FLAWS_MAX))
    return undefined
  }
}

function bodyReader(operation: Operation, validator: Validator): (bytes: Buffer) => unknown {
  const { body: schema, bodyOptional } = operation
  return (bytes) => {
    if (schema === undefined) return refuseBody(bytes)
    if (bytes.length === 0 && !bodyOptional)
      throw new PosthornError('invalid_request', 'A JSON body is needed.', {
        flaws: [{ path: '', message: 'is missing' }],
      })
    const value = bytes.length === 0 ? {} : parseBody(bytes)
    validator.check(schema, value, '', bytes.length)
    return value
  }
}

/** An empty object is no body: some clients send one with every POST. */
function refuseBody(bytes: Buffer): undefined {
  if (bytes.length === 0) return undefined
  const value = parseBody(bytes)
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0)
    return undefined
  throw invalid([{ path: '', message: 'must be left out: this operation takes none' }])
}

function send(
  reply: FastifyReply,
  operation: Operation,
  answer: { status: number; body: unknown; headers?: Readonly<Record<string, string>> },
): FastifyReply {
  const { status, body } = answer
  reply.code(status)
  if (answer.headers !== undefined) reply.headers(answer.headers)
  if (body === null) return reply.send()
  if (operation.media !== undefined) return reply.header('content-type', operation.media).send(body)
  return reply.header('content-type', JSON_MEDIA).send(isJsonText(body) ? body.json : JSON.stringify(body))
}
