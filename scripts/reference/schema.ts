/** JSON Schema as a person reads it. */
import { code, table } from './markdown.ts'

export interface Schema {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly format?: string
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly additionalProperties?: boolean | Schema
  readonly patternProperties?: Readonly<Record<string, Schema>>
}

/** A row for each property: name, type, what it is. */
export function propertiesTable(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    code(name) + (schema.required?.includes(name) ? '' : '?'),
    typeText(property),
    notes(property),
  ])
  return table(['field', 'type', ''], rows)
}

/** `string`, `integer 1–250`, `"retry" or "drop"`, `list of [Event](#event)`. */
export function typeText(schema: Schema): string {
  if (schema.title !== undefined) return `[${schema.title}](#${schema.title.toLowerCase()})`
  if (schema.const !== undefined) return code(JSON.stringify(schema.const))
  // The list of all error codes has a page of its own.
  if (schema.enum !== undefined && schema.enum.length > LISTED_VALUES) return 'string'
  if (schema.enum !== undefined) return alternatives(schema.enum.map((value) => code(JSON.stringify(value))))
  if (schema.anyOf !== undefined) return alternatives(schema.anyOf.map(typeText))
  if (schema.type === 'array') return `list${bounds(schema)} of ${typeText(schema.items ?? {})}`
  if (schema.type === 'object') return objectText(schema)
  if (schema.format === 'date-time') return 'instant'
  return `${schema.type ?? 'any JSON'}${bounds(schema)}`
}

const LISTED_VALUES = 12

function objectText(schema: Schema): string {
  const names = Object.keys(schema.properties ?? {})
  if (names.length === 0) return 'object'
  const fields = names.map((name) => `${name}${schema.required?.includes(name) ? '' : '?'}`)
  return code(`{ ${fields.join(', ')} }`)
}

function bounds(schema: Schema): string {
  const low = schema.minimum ?? schema.minLength ?? schema.minItems ?? above(schema.exclusiveMinimum)
  const high = schema.maximum ?? schema.maxLength ?? schema.maxItems
  if (low === undefined && high === undefined) return ''
  if (high === undefined) return ` (at least ${low})`
  return low === undefined ? ` (at most ${high})` : ` (${low} to ${high})`
}

function above(limit: number | undefined): string | undefined {
  return limit === undefined ? undefined : `more than ${limit}`
}

function alternatives(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`
}

function notes(schema: Schema): string {
  const parts = [schema.title === undefined ? (schema.description ?? '') : '']
  if (schema.default !== undefined) parts.push(`Default ${code(JSON.stringify(schema.default))}.`)
  return parts.filter((part) => part !== '').join(' ')
}

/** The schemas with a name that are used below this one, itself included. */
export function namedSchemas(schema: Schema, found: Map<string, Schema>): void {
  if (schema.title !== undefined) {
    if (found.has(schema.title)) return
    found.set(schema.title, schema)
  }
  const inner = [schema.items, ...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? [])]
  for (const one of inner) if (one !== undefined) namedSchemas(one, found)
}
