import { CONTRACT } from '../../packages/posthorn/src/api/contract/contract.ts'
import { INGEST_PATH, INGEST_TEXTS } from '../../packages/posthorn/src/api/contract/ingest.ts'
import type { Operation, Tag } from '../../packages/posthorn/src/api/contract/operation.ts'
import { OPERATIONS, type OperationId } from '../../packages/posthorn/src/api/contract/operations.ts'
import { code, pageHead, table } from './markdown.ts'
import { namedSchemas, propertiesTable, type Schema, typeText } from './schema.ts'

const TAGS: readonly Tag[] = [
  'Events',
  'Sources',
  'Subscriptions',
  'Deliveries',
  'Replays',
  'Event types',
  'Operator',
  'Server',
]

/** The HTTP API by subject: what each operation takes and answers, then the objects by name. */
export function apiPage(): string {
  const operations = Object.entries(CONTRACT) as [OperationId, Operation][]
  const subjects = TAGS.map((tag) => {
    const own = operations.filter(([, operation]) => operation.tag === tag)
    return `## ${tag}\n\n${own.map(([id, operation]) => operationText(id, operation)).join('\n')}`
  })
  return `${pageHead('HTTP API', 'the contract in `packages/posthorn/src/api/contract`')}
The same contract as OpenAPI 3.1: [openapi.json](openapi.json), and \`GET /openapi.json\` of a running server.

\`Authorization: Bearer KEY\`. An admin key works on the tenant \`default\`, or on the one that the header
\`posthorn-tenant\` names by id or slug; any other key works on its own tenant, and what others have is 404. Lists are
newest first: \`{ data, next_cursor }\`. Errors: [error codes](errors.md). A field with \`?\` may be left out; a field
that is not listed is refused.

${subjects.join('\n')}
${receivingText()}
## Objects

${objects(operations).join('\n')}`
}

/** What is no operation of the API, but what it is all about. */
function receivingText(): string {
  const { methods, answers } = INGEST_TEXTS
  const asks = Object.entries(methods).map(([method, [, summary, description]]) => [
    code(`${method} ${INGEST_PATH}`),
    `${summary}. ${description}`,
  ])
  const statuses = Object.entries(answers).map(([status, text]) => [status, text])
  return `## Receiving

Where providers send to, \`ingest_url\` of a source. Needs no key. An answer of ours is \`{ "error": CODE }\` and never says
why exactly; \`GET /sources/{id}/requests\` does.

${table(['request', 'what'], asks)}

${table(['answer', 'when'], statuses)}
`
}

function operationText(id: OperationId, operation: Operation): string {
  const parts = [
    `### ${code(OPERATIONS[id])}`,
    sentence(operation.summary, operation.description),
    keysText(operation),
  ]
  for (const [what, schema] of [
    ['Headers', operation.headers],
    ['Query', operation.query],
  ] as const)
    if (schema !== undefined) parts.push(`${what}:\n\n${propertiesTable(schema as Schema)}`)
  if (operation.body !== undefined)
    parts.push(`Body: ${typeText(operation.body as Schema)}${operation.bodyOptional ? ', or none' : ''}.`)
  parts.push(`Answers: ${answersText(operation)}.`)
  if (operation.errors.length > 0) parts.push(`Refuses with ${operation.errors.map(code).join(', ')}.`)
  return `${parts.join('\n\n')}\n`
}

function sentence(summary: string, description: string | undefined): string {
  const first = /[.?!]$/.test(summary) ? summary : `${summary}.`
  return description === undefined ? first : `${first} ${description}`
}

function keysText({ scopes, tenant }: Operation): string {
  if (scopes === null) return 'Needs no key.'
  const others = scopes.map((scope) => code(scope))
  const keys = ['admin keys', ...others.map((scope) => `keys of scope ${scope}`)]
  return `For ${keys.join(', ')}.${tenant ? '' : ' Not bound to a tenant.'}`
}

function answersText({ responses, media }: Operation): string {
  return Object.entries(responses)
    .map(([status, schema]) => {
      const body = schema === null ? 'no body' : pageText(schema as Schema)
      return `${status} ${media ? code(media) : body}`
    })
    .join('; ')
}

function pageText(schema: Schema): string {
  const rows = schema.properties?.data
  return schema.properties?.next_cursor && rows?.items
    ? `a page of ${typeText(rows.items)}`
    : typeText(schema)
}

function objects(operations: readonly (readonly [OperationId, Operation])[]): string[] {
  const found = new Map<string, Schema>()
  for (const [, operation] of operations)
    for (const schema of [operation.body, ...Object.values(operation.responses)])
      if (schema) namedSchemas(schema as Schema, found)
  return [...found.values()]
    .sort((a, b) => (a.title ?? '').localeCompare(b.title ?? '', 'en'))
    .map(objectText)
}

function objectText(schema: Schema): string {
  const head = `### ${schema.title}\n`
  const description = schema.description ? `\n${schema.description}\n` : ''
  if (schema.properties) return `${head}${description}\n${propertiesTable(schema)}\n`
  const { title: _, ...unnamed } = schema
  const alternatives = (schema.anyOf ?? [unnamed]).map((one) => [typeText(one)])
  return `${head}${description}\n${table(['one of'], alternatives)}\n`
}
