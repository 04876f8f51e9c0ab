import { parseJson } from '../verify/body.ts'
import type { HeaderValues } from '../verify/headers.ts'
import { elementSpans } from './element-spans.ts'
import { fieldValue } from './fields.ts'
import type { ItemsRule } from './items-rule.ts'
import type { ProviderEvent } from './result.ts'

/** One event of a verified request. */
export interface EventItem {
  readonly index: number
  /** Undefined: deduplicate on the bytes, or not at all, as the provider's `withoutId` says. */
  readonly id: string | undefined
  readonly type: string | undefined
  readonly body: Uint8Array
  /** Whether `body` is part of the request's bytes, or JSON written anew. */
  readonly exact: boolean
  /** Index of an item before it in this batch with the same id (and type, if there is one). */
  readonly duplicateOf: number | undefined
}

const NO_HEADERS: HeaderValues = new Map()

/** More items than this in one request are left together: one event with the whole body. */
export const MAX_ITEMS = 1000

/**
 * The items of a verified request, in their order: one with the whole body where there is no batch. Never throws.
 */
export function eventItems(rule: ItemsRule | undefined, event: ProviderEvent): readonly EventItem[] {
  const found = rule && findItems(rule, event)
  if (!rule || !found || found.length === 0 || found.length > MAX_ITEMS) return [wholeBody(event)]
  const seen = new Map<string, number>()
  return found.map(({ value, body }, index) => {
    const input = { payload: value }
    const id = fieldValue(rule.id, NO_HEADERS, input)
    const type = fieldValue(rule.type, NO_HEADERS, input) ?? event.type
    const name = id === undefined ? undefined : JSON.stringify([id, type])
    const duplicateOf = name === undefined ? undefined : seen.get(name)
    if (name !== undefined && duplicateOf === undefined) seen.set(name, index)
    return { index, id, type, body, exact: rule.bytes === 'exact', duplicateOf }
  })
}

function wholeBody({ id, type, body }: ProviderEvent): EventItem {
  return { index: 0, id, type, body, exact: true, duplicateOf: undefined }
}

interface FoundItem {
  readonly value: unknown
  readonly body: Uint8Array
}

function findItems(rule: ItemsRule, event: ProviderEvent): readonly FoundItem[] | undefined {
  const { body, contentType, payload = parseJson(body, contentType) } = event
  for (const path of rule.paths) {
    const found = rule.bytes === 'exact' ? exactItems(payload, path, body) : envelopeItems(payload, path)
    if (found) return found
  }
  return undefined
}

function exactItems(payload: unknown, path: readonly string[], body: Uint8Array): FoundItem[] | undefined {
  let list: unknown = payload
  for (const key of path) list = step(list, key)
  if (!Array.isArray(list)) return undefined
  const spans = elementSpans(body, path)
  // A key that is there twice: the parser took one, the scanner may have met the other. Then the body stays whole.
  if (spans?.length !== list.length) return undefined
  return list.map((value, index) => {
    const [from, to] = spans[index] ?? [0, 0]
    return { value, body: body.subarray(from, to) }
  })
}

function envelopeItems(payload: unknown, path: readonly string[]): FoundItem[] | undefined {
  const found: FoundItem[] = []
  for (const value of envelopes(payload, path) ?? [])
    found.push({ value, body: new TextEncoder().encode(JSON.stringify(value)) })
  return found.length === 0 ? undefined : found
}

/**
 * Copies of `value` in which the list at the path has one element each. An element that goes no further stays whole,
 * so that nothing of the body is lost.
 */
function envelopes(value: unknown, path: readonly string[]): unknown[] | undefined {
  const [key, ...rest] = path
  if (key === undefined) return Array.isArray(value) ? value.map((one) => [one]) : undefined
  if (key === '*') {
    if (!Array.isArray(value)) return undefined
    return value.flatMap((one) => (envelopes(one, rest) ?? [one]).map((inner) => [inner]))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const keys = key.split('|')
  const found = keys.flatMap((name) => {
    const kept = Object.entries(value).filter(([other]) => other === name || !keys.includes(other))
    const inner = envelopes(step(value, name), rest) ?? []
    // Entries, since a stranger's key may be __proto__; in their order, since somebody may compare the text.
    return inner.map((one) =>
      Object.fromEntries(kept.map(([other, own]) => [other, other === name ? one : own])),
    )
  })
  return found.length === 0 ? undefined : found
}

function step(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key]
}
