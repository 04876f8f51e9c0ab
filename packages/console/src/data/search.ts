/** Filters in the address, so that a view can be linked to. */
import { useMemo } from 'react'
import { now } from '../browser/clock.ts'

/** Reads the named fields as texts; others, and empty ones, are left out. */
export function texts<N extends string>(
  ...names: readonly N[]
): (search: Record<string, unknown>) => { [K in N]?: string } {
  return (search) => {
    const given = names.filter((name) => search[name] !== undefined && search[name] !== '')
    return Object.fromEntries(given.map((name) => [name, String(search[name])])) as { [K in N]?: string }
  }
}

export const SPANS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const

/** `24h` as the instant a day before it was chosen. */
export function useSince(span: string | undefined): string | undefined {
  return useMemo(() => {
    const ms = SPANS[span as keyof typeof SPANS]
    return ms === undefined ? undefined : new Date(now() - ms).toISOString()
  }, [span])
}

/** Without the fields that say nothing, as the API wants it. */
export function given<T extends Record<string, unknown>>(values: T): T {
  const said = Object.entries(values).filter(([, value]) => value !== undefined && value !== '')
  return Object.fromEntries(said) as T
}
