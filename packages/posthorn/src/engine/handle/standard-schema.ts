/**
 * The interface by which validators of any library can be used (https://standardschema.dev, version 1), as far as it is
 * used here: Zod, Valibot, ArkType and others fit it. Theirs is the package, ours is the shape.
 */
import { pointer } from '../../domain/pointer.ts'

export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    /** For the type checker only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

const PLACES_SHOWN = 10
const PLACE_CHARS = 100

export function isStandardSchema(value: unknown): value is StandardSchema {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  const standard: unknown = Reflect.get(value, '~standard')
  if (standard === null || typeof standard !== 'object') return false
  return Reflect.get(standard, 'version') === 1 && typeof Reflect.get(standard, 'validate') === 'function'
}

/**
 * Where the data does not fit, in a sentence of bounded length. Only places: the messages of some libraries quote the
 * value, and a body must not get into a log.
 */
export function misfit(issues: readonly SchemaIssue[]): string {
  const places = [...new Set(issues.map(placeOf))]
  const shown = places.slice(0, PLACES_SHOWN).join(', ')
  const more = places.length > PLACES_SHOWN ? ` and ${places.length - PLACES_SHOWN} more` : ''
  return `The data does not fit the handler's schema at ${shown}${more}.`
}

function placeOf({ path = [] }: SchemaIssue): string {
  if (path.length === 0) return 'its root'
  const place = pointer(...path.map((part) => String(typeof part === 'object' ? part.key : part)))
  return place.length > PLACE_CHARS ? `${place.slice(0, PLACE_CHARS)}…` : place
}
