/** What is wrong with a value, in words that fit behind the name of its field. */
import type { ErrorObject } from 'ajv/dist/2020.js'

interface Schema {
  readonly type?: string | readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  /** What is wanted, in words; it stands for every other error of the same place. */
  readonly 'x-expects'?: string
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'an object',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
}

export function hintOf({ parentSchema }: ErrorObject): string | undefined {
  return (parentSchema as Schema | undefined)?.['x-expects']
}

export function flawWords(error: ErrorObject): string {
  const { keyword, params, data } = error
  const schema = (error.parentSchema ?? {}) as Schema
  const hint = hintOf(error)
  if (hint !== undefined) return `must be ${hint}`
  switch (keyword) {
    case 'enum':
      return `must be one of ${quoted(schema.enum ?? [])}`
    case 'anyOf':
      return `must be ${(schema.anyOf ?? []).map(wanted).join(' or ')}`
    case 'type':
    case 'minimum':
    case 'maximum':
      return `must be ${wanted(schema)}`
    case 'minProperties':
      return 'must have at least one field'
    case 'minItems':
    case 'minLength':
      return sizeOf(data) === 0 ? 'is empty' : `is too short: ${counted(data, params.limit)} at least`
    case 'maxItems':
    case 'maxLength':
      return `is too long: ${counted(data, params.limit)} at most, here are ${sizeOf(data)}`
    default:
      return error.message ?? 'does not fit'
  }
}

function wanted({ type, minimum, maximum, enum: allowed, ...schema }: Schema): string {
  if (schema['x-expects'] !== undefined) return schema['x-expects']
  if (allowed !== undefined) return quoted(allowed)
  const words = [type ?? []].flat().map((one) => TYPES[one] ?? one)
  const base = words.length === 0 ? 'of another form' : words.join(' or ')
  if (minimum === undefined && maximum === undefined) return base
  if (maximum === undefined) return `${base} from ${minimum} on`
  return minimum === undefined ? `${base} up to ${maximum}` : `${base} from ${minimum} to ${maximum}`
}

function quoted(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ')
}

function sizeOf(data: unknown): number {
  return typeof data === 'string' ? [...data].length : Array.isArray(data) ? data.length : 0
}

function counted(data: unknown, limit: unknown): string {
  const one = typeof data === 'string' ? 'character' : Array.isArray(data) ? 'entry' : 'field'
  if (limit === 1) return `1 ${one}`
  return `${limit} ${one === 'entry' ? 'entries' : `${one}s`}`
}
