/** What is wrong with a part of a JSON value: `path` like `timestamp.unit` or `signed[2]`, empty for the whole. */
export interface Flaw {
  readonly path: string
  readonly message: string
}

/** A small description of JSON, enough for a signature scheme. */
export type Shape =
  | { readonly kind: 'text'; readonly max: number }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
  | { readonly kind: 'one'; readonly of: readonly string[] }
  | { readonly kind: 'list'; readonly of: Shape; readonly min: number; readonly max: number }
  | { readonly kind: 'either'; readonly what: string; readonly of: readonly Shape[] }
  | {
      readonly kind: 'object'
      readonly keys: Readonly<Record<string, Shape>>
      readonly needed: readonly string[]
    }

/** All that does not fit, in order. The shape bounds the work: what is too long is not looked into. */
export function flawsOf(shape: Shape, value: unknown, path: string): Flaw[] {
  const flaw = (message: string): Flaw[] => [{ path, message }]
  switch (shape.kind) {
    case 'text':
      if (typeof value !== 'string' || value === '') return flaw(`must be a text, it is ${told(value)}`)
      return value.length <= shape.max ? [] : flaw(`is longer than ${shape.max} characters`)
    case 'number':
      return typeof value === 'number' && value >= shape.min && value <= shape.max
        ? []
        : flaw(`must be a number from ${shape.min} to ${shape.max}, it is ${told(value)}`)
    case 'one':
      return shape.of.includes(value as string)
        ? []
        : flaw(`must be ${shape.of.map((one) => `"${one}"`).join(' or ')}, it is ${told(value)}`)
    case 'list':
      if (!Array.isArray(value) || value.length < shape.min || value.length > shape.max)
        return flaw(`must be a list of ${shape.min} to ${shape.max}, it is ${told(value)}`)
      return value.flatMap((one, index) => flawsOf(shape.of, one, `${path}[${index}]`))
    case 'either':
      return shape.of.some((one) => flawsOf(one, value, path).length === 0)
        ? []
        : flaw(`must be ${shape.what}, it is ${told(value)}`)
    case 'object':
      return objectFlaws(shape, value, path)
  }
}

function objectFlaws(shape: Shape & { readonly kind: 'object' }, value: unknown, path: string): Flaw[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path, message: `must be an object, it is ${told(value)}` }]
  const within = (key: string): string => (path === '' ? key : `${path}.${key}`)
  const missing = shape.needed.filter((key) => !Object.hasOwn(value, key))
  const flaws = missing.map((key) => ({ path: within(key), message: 'is missing' }))
  for (const key of Object.keys(value).slice(0, 50)) {
    const known = Object.hasOwn(shape.keys, key) ? shape.keys[key] : undefined
    if (known) flaws.push(...flawsOf(known, (value as Record<string, unknown>)[key], within(key)))
    else
      flaws.push({
        path: within(key.slice(0, 50)),
        message: `is not known; known: ${Object.keys(shape.keys).join(', ')}`,
      })
  }
  return flaws
}

function told(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (typeof value === 'object' && value !== null)
    return `an object with ${Object.keys(value).slice(0, 5).join(', ')}`
  return String(value)
}
