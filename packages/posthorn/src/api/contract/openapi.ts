/** The contract as an OpenAPI 3.1 document. */
import type { TSchema } from 'typebox'
import { ERRORS, type ErrorCode } from '../../domain/error.ts'
import { CONTRACT } from './contract.ts'
import { INGEST_PATH, ingestPathItem } from './ingest.ts'
import type { Operation } from './operation.ts'
import {
  API_BASE,
  CONSOLE_HEADER,
  OPERATIONS,
  type OperationId,
  SESSION_COOKIE,
  TENANT_HEADER,
} from './operations.ts'
import { Problem } from './schemas/common.ts'

type Json = Record<string, unknown>

/** @param version of the server */
export function openApiDocument(version: string): Json {
  const schemas: Record<string, Json> = {}
  const paths: Record<string, Json> = {}
  for (const id of Object.keys(OPERATIONS) as OperationId[]) {
    const [method, path] = split(id)
    const item = paths[path] ?? {}
    item[method.toLowerCase()] = describe(id, CONTRACT[id], schemas)
    paths[path] = item
  }
  paths[INGEST_PATH] = ingestPathItem()
  toJsonSchema(Problem, schemas)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Posthorn',
      version,
      description: `Sends and receives webhooks. Base: \`${API_BASE}\`. Errors are RFC 9457 problems with a stable \`code\`.`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(CONTRACT).map(({ tag }) => tag)), 'Receiving'].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: `Of \`POST /sessions\`; over https the name begins with \`__Host-\`. Whatever changes something needs the header \`${CONSOLE_HEADER}: 1\` too, and must come from a page of this server.`,
        },
      },
    },
  }
}

/** Method and path of an operation. */
export function split(id: OperationId): readonly [method: string, path: string] {
  const [method = '', path = ''] = OPERATIONS[id].split(' ')
  return [method, path]
}

function describe(id: OperationId, operation: Operation, schemas: Record<string, Json>): Json {
  const keyed = operation.scopes !== null
  return {
    operationId: id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...(keyed ? { security: securityOf(operation) } : { security: [] }),
    ...(keyed ? { 'x-scopes': ['admin', ...(operation.scopes ?? [])] } : {}),
    parameters: parameters(operation, schemas),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: operation.bodyOptional !== true,
            content: { 'application/json': { schema: toJsonSchema(operation.body, schemas) } },
          },
        }),
    responses: responses(operation, schemas),
  }
}

function securityOf({ openOnLoopback, tag }: Operation): Json[] {
  if (openOnLoopback) return [{ key: [] }, { session: [] }, {}]
  return tag === 'Sessions' ? [{ session: [] }] : [{ key: [] }, { session: [] }]
}

function parameters(operation: Operation, schemas: Record<string, Json>): Json[] {
  const found = [
    ...properties(operation.params, 'path', schemas),
    ...properties(operation.query, 'query', schemas),
    ...properties(operation.headers, 'header', schemas),
  ]
  if (operation.scopes === null || operation.openOnLoopback) return found
  const description = 'With an admin key: the tenant to work on, by id or slug; `default` without it.'
  return [
    ...found,
    { name: TENANT_HEADER, in: 'header', required: false, description, schema: { type: 'string' } },
  ]
}

function properties(schema: TSchema | undefined, place: string, schemas: Record<string, Json>): Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, TSchema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: toJsonSchema(property, schemas),
  }))
}

function responses(operation: Operation, schemas: Record<string, Json>): Json {
  const found: Record<string, Json> = {}
  for (const [status, schema] of Object.entries(operation.responses)) {
    const media = operation.media?.split(';')[0] ?? 'application/json'
    found[status] = {
      description: Number(status) < 300 ? 'Done.' : 'Not ready.',
      ...(schema === null ? {} : { content: { [media]: { schema: toJsonSchema(schema, schemas) } } }),
    }
  }
  for (const [status, codes] of errorsByStatus(operation)) {
    const description = codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join(' ')
    const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
    found[status] ??= { description, content }
  }
  return found
}

function errorsByStatus(operation: Operation): Map<number, ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of errorCodes(operation)) {
    const { status } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b))
}

/** All codes that an operation may answer. */
export function errorCodes(operation: Operation): ReadonlySet<ErrorCode> {
  const takesInput = operation.params ?? operation.query ?? operation.headers ?? operation.body
  return new Set<ErrorCode>([
    ...(takesInput === undefined ? [] : (['invalid_request'] as const)),
    ...(operation.body === undefined
      ? []
      : (['json_malformed', 'json_too_deep', 'body_too_large', 'media_type_unsupported'] as const)),
    ...(operation.scopes === null
      ? []
      : (['unauthorized', 'forbidden', 'csrf_refused', 'not_found', 'rate_limited'] as const)),
    ...operation.errors,
    'internal',
    ...(operation.scopes === null ? [] : (['store_unavailable'] as const)),
    'stopping',
  ])
}

/** Named objects become components. Our own keywords stay out. */
function toJsonSchema(schema: TSchema, schemas: Record<string, Json>): Json {
  return walk(schema, schemas) as Json
}

function walk(node: unknown, schemas: Record<string, Json>): unknown {
  if (Array.isArray(node)) return node.map((item) => walk(item, schemas))
  if (typeof node !== 'object' || node === null) return node
  const { title } = node as { title?: unknown }
  if (typeof title !== 'string') return members(node, schemas)
  if (!(title in schemas)) {
    schemas[title] = {}
    schemas[title] = members(node, schemas)
  }
  return { $ref: `#/components/schemas/${title}` }
}

function members(node: object, schemas: Record<string, Json>): Json {
  const entries = Object.entries(node).filter(([key]) => key !== 'x-expects')
  // What stands under these is data, not schema.
  const data = new Set(['enum', 'const', 'default', 'examples', 'required'])
  return Object.fromEntries(
    entries.map(([key, value]) => [key, data.has(key) ? value : walk(value, schemas)]),
  )
}
