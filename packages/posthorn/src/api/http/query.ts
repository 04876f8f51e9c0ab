import type { TSchema } from 'typebox'

const WHOLE = /^-?\d{1,15}$/
const DECIMAL = /^-?\d{1,15}(?:\.\d{1,15})?$/

/**
 * The text of a query as the numbers and booleans that its schema wants. What does not read as one stays text, and is
 * refused by the schema; a parameter that is given twice is a list, and refused too.
 */
export function readQuery(schema: TSchema, query: unknown): Record<string, unknown> {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const read: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    const type = Object.hasOwn(properties, name) ? properties[name]?.type : undefined
    read[name] = typeof value === 'string' ? coerce(value, type) : value
  }
  return read
}

function coerce(text: string, type: string | undefined): unknown {
  if (type === 'integer' && WHOLE.test(text)) return Number(text)
  if (type === 'number' && DECIMAL.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
