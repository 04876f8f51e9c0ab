/** How a record is told in the audit log: by the names that its fields have over HTTP, and without secrets. */
import type { AuditChange } from '../../domain/audit.ts'

/** A field's value, and what of it is shown where that is not the value itself. */
export interface Told {
  readonly value: unknown
  readonly shown: unknown
}

export type Fields = Readonly<Record<string, unknown>>

/** Longer values are told by their length: a year of entries must stay small. */
const SHOWN_CHARS_MAX = 2000

/** Compared as it is, shown as something else. */
export function told(value: unknown, shown: unknown): Told {
  return new Hidden(value, shown)
}

class Hidden implements Told {
  readonly value: unknown
  readonly shown: unknown

  constructor(value: unknown, shown: unknown) {
    this.value = value
    this.shown = shown
  }
}

/** What differs. Of a record that is made or deleted: all that says something. */
export function changesOf(from: Fields | null, to: Fields | null): Record<string, AuditChange> {
  const changes: Record<string, AuditChange> = {}
  for (const name of Object.keys(from ?? to ?? {})) {
    const [before, after] = [from?.[name] ?? null, to?.[name] ?? null]
    if (JSON.stringify(plainOf(before)) === JSON.stringify(plainOf(after))) continue
    changes[name] = { from: shownOf(before), to: shownOf(after) }
  }
  return changes
}

function plainOf(field: unknown): unknown {
  return field instanceof Hidden ? field.value : field
}

function shownOf(field: unknown): unknown {
  const shown = field instanceof Hidden ? field.shown : field
  const length = JSON.stringify(shown).length
  return length > SHOWN_CHARS_MAX ? `(${length} characters of JSON)` : shown
}

/** The names of an object's fields as over HTTP, all the way down. Not for objects whose names are somebody's own. */
export function onWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(onWire)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      onWire(inner),
    ]),
  )
}

/** How many there are, never which. */
export function counted(secrets: readonly unknown[]): Told {
  return told(secrets, `${secrets.length} hidden`)
}

/** Names alone: values of headers are often credentials. */
export function namesOnly(headers: Readonly<Record<string, string>>): Told {
  return told(headers, Object.keys(headers))
}

/** Without the query's values, which often hold a token. */
export function withoutQuery(url: string | null): unknown {
  const query = url?.indexOf('?') ?? -1
  return query < 0 ? url : told(url, `${url?.slice(0, query)}?(hidden)`)
}

export function instant(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
