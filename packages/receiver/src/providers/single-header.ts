import type { HeaderValues } from '../verify/headers.ts'
import { type Refusal, refusal } from '../verify/refusal.ts'

/** The only value of a header that must be there once. */
export function singleHeader(
  headers: HeaderValues,
  name: string,
): { readonly ok: true; readonly value: string } | Refusal {
  const values = headers.get(name.toLowerCase()) ?? []
  const value = values[0]
  if (values.length > 1 || value?.includes(', '))
    return refusal('header_duplicated', `"${name}" is there more than once`)
  return value ? { ok: true, value } : refusal('signature_missing', `no header "${name}"`)
}
