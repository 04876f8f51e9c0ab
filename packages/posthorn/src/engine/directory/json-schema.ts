import { Ajv2020, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { type Flaw, PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import { type TimeLimit, TimeLimitError } from '../../ports/time-limit.ts'
import { isObject } from './flaws.ts'

/** Making a validator of the largest schema takes some ten ms. */
const COMPILE_MS = 2000
/** Far above what honest data need, far below what makes others wait. */
const VALIDATE_MS = 250

const DIALECT = /^https:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/

/**
 * Keywords by which a schema can make validation take for ever: regular expressions that backtrack, comparing each
 * item with each, and references that multiply or never end. Only schemas with one of them run under a time limit,
 * which costs 0.3 ms. A property of such a name only costs that too.
 */
const HAZARDS = /"(?:pattern|patternProperties|uniqueItems|\$ref|\$dynamicRef)":/

/** Checks data; the flaws it finds, with paths below `root`. */
export type SchemaValidator = (data: unknown, root: string) => Flaw[]

/** Compiles JSON Schemas (2020-12) of tenants, who are not trusted: without the network, in bounded time. */
export class SchemaCompiler {
  readonly #limit: TimeLimit
  /** Knows the meta-schema, for good messages. Made when first needed: it takes 40 ms. */
  #judge: Ajv2020 | null = null

  constructor(limit: TimeLimit) {
    this.#limit = limit
  }

  /** @throws PosthornError `schema_refused` with the reason */
  compile(schema: unknown): SchemaValidator {
    if (!isObject(schema)) throw refused('it must be a JSON object')
    const text = textOf(schema)
    const bytes = Buffer.byteLength(text)
    if (bytes > LIMITS.schemaBytes)
      throw refused(`it has ${bytes} bytes, at most ${LIMITS.schemaBytes} are allowed`)
    const { $schema } = schema
    if ($schema !== undefined && !(typeof $schema === 'string' && DIALECT.test($schema)))
      throw refused('"$schema" names another dialect than "https://json-schema.org/draft/2020-12/schema"')
    return HAZARDS.test(text) ? this.#limited(schema) : validatorOf(this.#make(schema))
  }

  #limited(schema: AnySchema): SchemaValidator {
    const validate = validatorOf(this.#guard(COMPILE_MS, () => this.#make(schema)))
    // Finds at once what fails whatever the data are, such as a reference to itself.
    this.#guard(VALIDATE_MS, () => validate({}, ''))
    return (data, root) => {
      try {
        return this.#limit(VALIDATE_MS, () => validate(data, root))
      } catch (error) {
        if (error instanceof TimeLimitError)
          return [
            { path: root, message: `could not be checked within ${VALIDATE_MS} ms: simplify the schema` },
          ]
        if (isOverflow(error)) return [{ path: root, message: 'is nested deeper than the schema can follow' }]
        throw error
      }
    }
  }

  #make(schema: AnySchema): ValidateFunction {
    this.#judge ??= new Ajv2020({ strict: false, logger: false })
    const judge = this.#judge
    try {
      if (judge.validateSchema(schema) !== true)
        throw new Error(judge.errorsText(judge.errors, { dataVar: 'schema' }))
      // One instance a schema: an `$id` of one tenant must not meet that of another. 0.7 ms, without the meta-schema.
      const options = {
        strict: false,
        meta: false,
        validateSchema: false,
        logger: false,
        ownProperties: true,
      } as const
      const ajv = new Ajv2020(options)
      addFormats.default(ajv)
      return ajv.compile(schema)
    } catch (cause) {
      if (isOverflow(cause)) throw endless(cause)
      throw refused(cause instanceof Error ? cause.message : String(cause), cause)
    }
  }

  #guard<T>(limitMs: number, run: () => T): T {
    try {
      return this.#limit(limitMs, run)
    } catch (error) {
      if (error instanceof TimeLimitError) throw refused(`it cannot be checked within ${limitMs} ms`, error)
      if (isOverflow(error)) throw endless(error)
      throw error
    }
  }
}

/** Stops at the first flaw: a list of a million wrong items must not make a million errors. */
function validatorOf(validate: ValidateFunction): SchemaValidator {
  return (data, root) => {
    if (validate(data) === true) return []
    return (validate.errors ?? []).map((error) => toFlaw(error, root))
  }
}

function toFlaw({ instancePath, message, params }: ErrorObject, root: string): Flaw {
  const extra = params.additionalProperty ?? params.unevaluatedProperty ?? params.allowedValues
  const told = extra === undefined ? '' : `: ${JSON.stringify(extra)}`
  return { path: `${root}${instancePath}`, message: `${message ?? 'does not fit'}${told}` }
}

function textOf(schema: object): string {
  try {
    return JSON.stringify(schema)
  } catch (cause) {
    throw refused('it cannot be written as JSON', cause)
  }
}

/** Also one from the other context of a time limit. */
function isOverflow(error: unknown): boolean {
  return (error as Error | null)?.name === 'RangeError'
}

function endless(cause: unknown): PosthornError {
  return refused('a reference in it leads back to itself without end, or it is nested too deep', cause)
}

function refused(why: string, cause?: unknown): PosthornError {
  return new PosthornError('schema_refused', `The JSON Schema cannot be used: ${why}.`, {
    flaws: [{ path: '/schema', message: why }],
    cause,
  })
}
