import type { FieldSource } from '../schemes/scheme.ts'

/**
 * Where an id or a type stands: one place; several places joined, if all of them are there; or the name of the first
 * key of the body besides the one that is named.
 */
export type FieldTerm =
  | FieldSource
  | { readonly join: readonly FieldSource[]; readonly with: string }
  | { readonly keyBeside: string }
