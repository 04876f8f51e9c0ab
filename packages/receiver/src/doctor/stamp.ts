import { parseSignatures } from '../schemes/form.ts'
import { type SignatureScheme, timestampHeader } from '../schemes/scheme.ts'
import { parseJson, textAt } from '../verify/body.ts'
import { collectHeaders } from '../verify/headers.ts'
import type { VerifyRequest } from '../verify/result.ts'

/** The instant that a request claims, epoch milliseconds; undefined when there is none that can be read. */
export function stampOf(scheme: SignatureScheme, request: VerifyRequest): number | undefined {
  const text = stampText(scheme, request)
  if (text === undefined || !/^[0-9]{1,15}$/.test(text)) return undefined
  return Number(text) * (scheme.timestamp?.unit === 's' ? 1000 : 1)
}

function stampText(scheme: SignatureScheme, { headers, body }: VerifyRequest): string | undefined {
  const place = scheme.timestamp?.in
  if (place === undefined) return undefined
  if (typeof place === 'object' && 'body' in place) return textAt(parseJson(body, undefined), place.body)
  const name = (timestampHeader(scheme) ?? scheme.header).toLowerCase()
  const alias = aliased(scheme, name)
  const found = collectHeaders(headers, new Set([name, alias]))
  const value = (found?.get(name) ?? found?.get(alias))?.[0]
  if (value === undefined || place !== 'signature') return value
  const parsed = parseSignatures(scheme.form, value)
  return parsed.ok ? parsed.timestamp : undefined
}

function aliased({ headerAlias }: SignatureScheme, name: string): string {
  return headerAlias && name.startsWith(headerAlias[0])
    ? headerAlias[1] + name.slice(headerAlias[0].length)
    : name
}
