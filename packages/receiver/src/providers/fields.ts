import type { FieldSource } from '../schemes/scheme.ts'
import { textAt } from '../verify/body.ts'
import type { HeaderValues } from '../verify/headers.ts'
import type { FieldTerm } from './field-term.ts'

/** The body, parsed when it is asked for. */
export interface FieldBody {
  readonly payload: unknown
}

/** The first term that has a value. The body is not asked for where a header has it. */
export function fieldValue(
  terms: readonly FieldTerm[],
  headers: HeaderValues,
  body: FieldBody,
): string | undefined {
  for (const term of terms) {
    const value = termValue(term, headers, body)
    if (value !== undefined) return value
  }
  return undefined
}

export function fieldHeaders(terms: readonly FieldTerm[]): readonly string[] {
  return terms
    .flatMap((term): readonly FieldTerm[] => ('join' in term ? term.join : [term]))
    .flatMap((term) => ('header' in term ? [term.header.toLowerCase()] : []))
}

function termValue(term: FieldTerm, headers: HeaderValues, body: FieldBody): string | undefined {
  if ('keyBeside' in term) return keyBeside(body.payload, term.keyBeside)
  if (!('join' in term)) return sourceValue(term, headers, body)
  const values = term.join.map((source) => sourceValue(source, headers, body))
  return values.includes(undefined) ? undefined : values.join(term.with)
}

function sourceValue(source: FieldSource, headers: HeaderValues, body: FieldBody): string | undefined {
  if ('body' in source) return textAt(body.payload, source.body)
  const values = headers.get(source.header.toLowerCase()) ?? []
  // A header that is there twice says nothing: which of them would be meant?
  return values.length === 1 && values[0] !== '' ? values[0] : undefined
}

function keyBeside(payload: unknown, known: string): string | undefined {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return undefined
  return Object.keys(payload).find((key) => key !== known)
}
