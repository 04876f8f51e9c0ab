import type { FieldSource } from '../schemes/scheme.ts'
import { textAt } from '../verify/body.ts'
import type { HeaderValues } from '../verify/headers.ts'
import type { FieldTerm } from './field-term.ts'

/** Values of headers and of the body that ids and types are made of. */
export interface FieldInput {
  readonly headers: HeaderValues
  readonly payload: unknown
}

/** The first term that has a value. */
export function fieldValue(terms: readonly FieldTerm[], input: FieldInput): string | undefined {
  for (const term of terms) {
    const value = termValue(term, input)
    if (value !== undefined) return value
  }
  return undefined
}

export function fieldHeaders(terms: readonly FieldTerm[]): readonly string[] {
  return terms
    .flatMap((term): readonly FieldTerm[] => ('join' in term ? term.join : [term]))
    .flatMap((term) => ('header' in term ? [term.header.toLowerCase()] : []))
}

function termValue(term: FieldTerm, input: FieldInput): string | undefined {
  if ('keyBeside' in term) return keyBeside(input.payload, term.keyBeside)
  if (!('join' in term)) return sourceValue(term, input)
  const values = term.join.map((source) => sourceValue(source, input))
  return values.includes(undefined) ? undefined : values.join(term.with)
}

function sourceValue(source: FieldSource, { headers, payload }: FieldInput): string | undefined {
  if ('body' in source) return textAt(payload, source.body)
  const values = headers.get(source.header.toLowerCase()) ?? []
  // A header that is there twice says nothing: which of them would be meant?
  return values.length === 1 && values[0] !== '' ? values[0] : undefined
}

function keyBeside(payload: unknown, known: string): string | undefined {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined
  return Object.keys(payload).find((key) => key !== known)
}
