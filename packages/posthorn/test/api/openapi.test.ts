import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { TSchema } from 'typebox'
import { CONTRACT } from '../../src/api/contract/contract.ts'
import { INGEST_METHODS, INGEST_PATH } from '../../src/api/contract/ingest.ts'
import { errorCodes, openApiDocument } from '../../src/api/contract/openapi.ts'
import type { Operation } from '../../src/api/contract/operation.ts'
import { OPERATIONS, type OperationId } from '../../src/api/contract/operations.ts'
import { ERRORS } from '../../src/domain/error.ts'
import { makeRig, VERSION } from './support/api.ts'

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly schema: object
}

interface Documented {
  readonly operationId: string
  readonly security: unknown[]
  readonly parameters: Parameter[]
  readonly requestBody?: { required: boolean; content: Record<string, { schema: object }> }
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}

interface Document {
  readonly openapi: string
  readonly info: { title: string; version: string }
  readonly paths: Record<string, Record<string, Documented>>
  readonly components: { schemas: Record<string, object>; securitySchemes: object }
}

const IDS = Object.keys(OPERATIONS) as OperationId[]
const DOCUMENT = openApiDocument(VERSION) as unknown as Document

function documented(): Array<[path: string, method: string, operation: Documented]> {
  const { [INGEST_PATH]: _, ...operations } = DOCUMENT.paths
  return Object.entries(operations).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, string, Documented] => [
      path,
      method,
      operation,
    ]),
  )
}

/** Every schema of the document, with where it stands. */
function schemas(): Array<[where: string, schema: object]> {
  const named = Object.entries(DOCUMENT.components.schemas)
  const used = documented().flatMap(([path, method, { parameters, requestBody, responses }]) => [
    ...parameters.map(({ name, schema }): [string, object] => [`${method} ${path} ${name}`, schema]),
    ...[requestBody, ...Object.values(responses)].flatMap((part) =>
      Object.values(part?.content ?? {}).map(({ schema }): [string, object] => [`${method} ${path}`, schema]),
    ),
  ])
  return [...named, ...used]
}

test('operations, contract and document name the same things', () => {
  assert.deepEqual(Object.keys(CONTRACT).sort(), [...IDS].sort())
  const found = documented().map(([path, method, { operationId }]) => [
    operationId,
    `${method.toUpperCase()} ${path}`,
  ])
  assert.deepEqual(Object.fromEntries(found), OPERATIONS)
})

test('where providers send to is documented, and asks for no key', () => {
  const item = DOCUMENT.paths[INGEST_PATH] ?? assert.fail()
  assert.deepEqual(Object.keys(item), ['post', 'get', 'options'])
  for (const { security, parameters } of Object.values(item)) {
    assert.deepEqual(security, [])
    assert.deepEqual(
      parameters.map(({ name, in: place }) => [place, name]),
      [['path', 'source_id']],
    )
  }
})

const PAGES: ReadonlySet<string> = new Set(['GET /', 'GET /portal', 'GET /portal/enter'])

test('every operation of the contract is a route, and every route an operation or a page', async () => {
  const { server } = makeRig()
  await server.inject({ url: '/healthz' })
  const routes = server.routes()
  const wanted = IDS.map((id) => OPERATIONS[id].replaceAll(/\{(\w+)\}/g, ':$1'))
  for (const route of wanted) assert.ok(routes.includes(route), `no route ${route}`)
  const ingest = INGEST_METHODS.map((method) => `${method} /in/:source_id`)
  for (const route of ingest) assert.ok(routes.includes(route), `no route ${route}`)
  assert.ok(!routes.includes('HEAD /in/:source_id'))
  const known = [...wanted, ...ingest]
  const others = routes.filter((route) => !known.includes(route) && !route.startsWith('HEAD '))
  assert.ok(
    others.every((route) => PAGES.has(route) || route.startsWith('GET /docs')),
    others.join('\n'),
  )
})

test('the document is OpenAPI 3.1', async () => {
  assert.equal(DOCUMENT.openapi, '3.1.0')
  assert.deepEqual([DOCUMENT.info.title, DOCUMENT.info.version], ['Posthorn', VERSION])
  const response = await makeRig().server.inject({ url: '/openapi.json' })
  assert.deepEqual(response.json(), JSON.parse(JSON.stringify(DOCUMENT)))
  for (const [path, method, { operationId, parameters, responses, security, requestBody }] of documented()) {
    const what = `${method} ${path}`
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const declared = parameters.filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      declared.map(({ name }) => name),
      inPath,
      what,
    )
    assert.ok(
      declared.every(({ required }) => required),
      what,
    )
    assert.equal(
      new Set(parameters.map(({ name, in: place }) => `${place} ${name}`)).size,
      parameters.length,
      what,
    )
    assert.ok(
      Object.keys(responses).every((status) => /^[2345]\d\d$/.test(status)),
      what,
    )
    assert.ok(
      Object.values(responses).every(({ description }) => description.length > 0),
      what,
    )
    assert.equal(
      security.length > 0,
      (CONTRACT[operationId as OperationId] as Operation).scopes !== null,
      what,
    )
    assert.equal(
      requestBody !== undefined,
      (CONTRACT[operationId as OperationId] as Operation).body !== undefined,
    )
  }
})

test('every schema is JSON Schema 2020-12, and every reference leads somewhere', () => {
  const ajv = new Ajv2020({ strict: false })
  for (const [where, schema] of schemas()) {
    assert.ok(ajv.validateSchema(schema), `${where}: ${ajv.errorsText()}`)
    for (const [, name = ''] of JSON.stringify(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      assert.ok(name in DOCUMENT.components.schemas, `${where} refers to ${name}`)
  }
  assert.ok(!JSON.stringify(DOCUMENT).includes('x-expects'))
})

test('one name means one schema', () => {
  const byTitle = new Map<string, string>()
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { title } = node as { title?: unknown }
    if (typeof title === 'string') {
      const text = JSON.stringify(node)
      assert.equal(byTitle.get(title) ?? text, text, `${title} has two meanings`)
      byTitle.set(title, text)
    }
    for (const child of Object.values(node)) visit(child)
  }
  for (const id of IDS) {
    const { params, query, headers, body, responses } = CONTRACT[id] as Operation
    for (const schema of [params, query, headers, body, ...Object.values(responses)]) visit(schema)
  }
  assert.ok(byTitle.size > 20)
})

test('objects that come in refuse unknown fields, all the way down', () => {
  const open: string[] = []
  const visit = (node: unknown, where: string): void => {
    if (typeof node !== 'object' || node === null) return
    const { type, properties, additionalProperties } = node as Record<string, unknown>
    if (type === 'object' && properties !== undefined && additionalProperties !== false) open.push(where)
    for (const [key, child] of Object.entries(node)) visit(child, `${where}/${key}`)
  }
  for (const id of IDS) {
    const { params, query, headers, body } = CONTRACT[id] as Operation
    const parts: Record<string, TSchema | undefined> = { params, query, headers, body }
    for (const [part, schema] of Object.entries(parts)) visit(schema, `${id}/${part}`)
  }
  assert.deepEqual(open, [])
})

test('each error code over HTTP is answered by some operation', () => {
  const answered = new Set(IDS.flatMap((id) => [...errorCodes(CONTRACT[id])]))
  // Before an operation is found, or not over HTTP at all.
  const elsewhere = ['method_not_allowed', 'request_timeout', 'headers_too_large', 'secret_unreadable']
  const never = [
    'config_invalid',
    'data_dir_locked',
    'schema_newer',
    'schema_outdated',
    ...['store_damaged', 'store_moved', 'store_unfinished'],
    'sql_failed',
    'sql_refused',
    'transaction_timeout',
  ]
  assert.deepEqual(
    Object.keys(ERRORS)
      .filter((code) => !answered.has(code as never))
      .sort(),
    [...elsewhere, ...never].sort(),
  )
})

test('the pages need nothing from elsewhere, and their policy lets them work', async () => {
  const { server } = makeRig()
  const page = await server.inject({ url: '/docs' })
  assert.equal(page.statusCode, 200)
  const policy = String(page.headers['content-security-policy'])
  assert.match(policy, /default-src 'none'.*script-src 'self'/)
  assert.ok(!policy.includes('upgrade-insecure-requests'), 'http pages could not load their own scripts')
  const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string)
  assert.ok(assets.length >= 4)
  for (const path of assets) {
    assert.ok(path.startsWith('/docs/'), path)
    assert.equal((await server.inject({ url: path })).statusCode, 200, path)
  }
  // No inline script, which the policy would stop.
  assert.ok(
    [...page.body.matchAll(/<script([^>]*)>/g)].every(([, attributes]) => attributes?.includes('src=')),
  )
  const setup = await server.inject({ url: '/docs/static/swagger-initializer.js' })
  assert.match(setup.body, /"validatorUrl":null/)
  assert.deepEqual((await server.inject({ url: '/docs/json' })).json(), JSON.parse(JSON.stringify(DOCUMENT)))
  const root = await server.inject({ url: '/' })
  assert.match(String(root.headers['content-type']), /^text\/html/)
  assert.match(root.body, /href="\/docs"/)
  assert.ok(!('content-security-policy' in (await server.inject({ url: '/healthz' })).headers))
})
