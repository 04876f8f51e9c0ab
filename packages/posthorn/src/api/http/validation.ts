/** Holds requests against the schemas of the contract and names each flaw so that a person can mend it. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { TSchema } from 'typebox'
import { type Flaw, PosthornError } from '../../domain/error.ts'
import { inWords, pointer } from '../../domain/pointer.ts'
import { parseInstant } from '../wire/instant.ts'
import { flawWords, hintOf } from './flaw-words.ts'

/** A wrong body is described by at most this many flaws. */
export const FLAWS_MAX = 20
/**
 * Up to this many bytes all flaws are looked for; above, only the first: a body of a million wrong elements must not
 * become a million error objects.
 */
const ALL_FLAWS_BYTES = 64 * 1024

export const UNKNOWN = 'is not a known field'

/** Two validators a schema, compiled at first use: about 1 ms each, and a start needs none of them. */
export class Validator {
  readonly #first = makeAjv(false)
  readonly #all = makeAjv(true)
  readonly #compiled = new WeakMap<TSchema, { first: ValidateFunction; all: ValidateFunction | null }>()

  /**
   * Throws unless the value fits. Nothing is coerced, removed or filled in.
   * @param where what flaws are named after: '' for the body, `query/` and `header/` for the others
   * @param bytes the size of the text the value came from
   * @throws PosthornError invalid_request
   */
  check(schema: TSchema, value: unknown, where: string, bytes = 0): void {
    let compiled = this.#compiled.get(schema)
    if (compiled === undefined) {
      compiled = { first: this.#first.compile(schema), all: null }
      this.#compiled.set(schema, compiled)
    }
    if (compiled.first(value)) return
    let errors = compiled.first.errors ?? []
    if (bytes <= ALL_FLAWS_BYTES) {
      compiled.all ??= this.#all.compile(schema)
      compiled.all(value)
      errors = compiled.all.errors ?? errors
    }
    throw invalid(toFlaws(errors, where))
  }
}

export function invalid(flaws: readonly Flaw[]): PosthornError {
  const first = flaws[0]
  const more = flaws.length > 1 ? ` (and ${flaws.length - 1} more, see errors)` : ''
  const detail =
    first === undefined
      ? 'The request does not fit.'
      : `${inWords(first.path) || 'The body'} ${first.message}${more}.`
  return new PosthornError('invalid_request', detail, { flaws })
}

function makeAjv(allErrors: boolean): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors,
    verbose: true,
    strict: true,
    strictTypes: false,
    ownProperties: true,
    // The schemas are ours: a test holds them against the meta-schema, whose compilation would cost 20 ms a start.
    meta: false,
    validateSchema: false,
  })
  ajv.addKeyword('x-expects')
  ajv.addFormat('date-time', (text) => parseInstant(text) !== null)
  return ajv
}

function toFlaws(errors: readonly ErrorObject[], where: string): Flaw[] {
  const flaws = new Map<string, Flaw>()
  const hinted = errors.filter((error) => hintOf(error) !== undefined).map((error) => error.instancePath)
  for (const error of withoutUnions(errors)) {
    // What lies under a place that has a hint is said by the hint.
    const under = hinted.find(
      (path) => error.instancePath === path || error.instancePath.startsWith(`${path}/`),
    )
    if (under !== undefined && hintOf(error) === undefined) continue
    const flaw = toFlaw(error, where)
    const key = `${flaw.path} ${flaw.message}`
    if (!flaws.has(key)) flaws.set(key, flaw)
    if (flaws.size === FLAWS_MAX) break
  }
  if (flaws.size === 0 && errors[0] !== undefined) return [toFlaw(errors[0], where)]
  return [...flaws.values()]
}

function toFlaw(error: ErrorObject, where: string): Flaw {
  const { keyword, params } = error
  const at = (name?: string) => place(error.instancePath, where, name)
  if (keyword === 'required') return { path: at(String(params.missingProperty)), message: 'is missing' }
  if (keyword === 'additionalProperties')
    return { path: at(String(params.additionalProperty)), message: UNKNOWN }
  if (keyword === 'propertyNames')
    return { path: at(String(params.propertyName)), message: 'may not be a name here' }
  return { path: at(), message: flawWords(error) }
}

/**
 * Of a union each branch complains, and the union says it once. But where one branch is null, and what is there has the
 * type of the other one, that one alone tells what is wrong.
 */
function withoutUnions(errors: readonly ErrorObject[]): ErrorObject[] {
  const told = errors.filter(({ keyword }) => keyword === 'anyOf').filter((error) => branchOf(error, errors))
  return errors.filter((error) => {
    if (told.includes(error)) return false
    const under = /^(.*\/anyOf)\/\d+\//.exec(error.schemaPath)?.[1]
    if (under === undefined) return true
    const union = told.find(({ schemaPath }) => schemaPath === under)
    return union !== undefined && error.schemaPath.startsWith(`${under}/${branchOf(union, errors)}/`)
  })
}

/** @returns the number of the branch that tells; null: the union does */
function branchOf(union: ErrorObject, errors: readonly ErrorObject[]): string | null {
  const branches = (union.schema ?? []) as ReadonlyArray<{ readonly type?: string }>
  const others = branches.filter(({ type }) => type !== 'null')
  if (branches.length !== 2 || others.length !== 1 || union.data === null) return null
  const branch = String(branches.indexOf(others[0] ?? {}))
  const own = `${union.schemaPath}/${branch}/`
  const wrongType = errors.some(
    ({ schemaPath, instancePath, keyword }) =>
      schemaPath === `${own}type` && keyword === 'type' && instancePath === union.instancePath,
  )
  return wrongType ? null : branch
}

function place(instancePath: string, where: string, name?: string): string {
  const path = name === undefined ? instancePath : instancePath + pointer(name)
  // `query/` and `header/` bring their own slash.
  return where.endsWith('/') ? where + path.slice(1) : where + path
}
