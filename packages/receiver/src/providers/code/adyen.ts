import { decodeSignature } from '../../encoding.ts'
import { refusal } from '../../verify/refusal.ts'
import { type Check, own, ownText, type ProviderCode, record } from './code.ts'
import { verifyByCode } from './verify-by-code.ts'

/** Adyen puts up to six items into one request. */
const MAX_ITEMS = 500
/** Signed fields of an item in order. */
const FIELDS = [
  ['pspReference'],
  ['originalReference'],
  ['merchantAccountCode'],
  ['merchantReference'],
  ['amount', 'value'],
  ['amount', 'currency'],
  ['eventCode'],
  ['success'],
] as const

/** Every item has a signature of its own over eight of its fields; what else stands in it is not signed. */
export const adyenCode: ProviderCode = {
  verifier: verifyByCode,
  headers: [],
  read({ payload }) {
    const items = own(payload(), 'notificationItems')
    if (!Array.isArray(items) || items.length === 0 || items.length > MAX_ITEMS)
      return refusal('body_malformed', `"notificationItems" must be a list of 1 to ${MAX_ITEMS} items`)
    const checks: Check[] = []
    for (const [index, entry] of items.entries()) {
      const item = own(entry, 'NotificationRequestItem')
      const text = ownText(own(item, 'additionalData'), 'hmacSignature')
      if (!text) return refusal('signature_missing', `item ${index} has no additionalData.hmacSignature`)
      const signature = decodeSignature(text, 'base64')
      if (!signature) return refusal('signature_malformed', `the signature of item ${index} is not base64`)
      const content = signedText(item)
      if (content === undefined)
        return refusal('body_malformed', `a signed field of item ${index} is no text`)
      checks.push({ contents: [[content]], signatures: [signature] })
    }
    return { ok: true, checks }
  },
}

function signedText(item: unknown): string | undefined {
  const values: string[] = []
  for (const path of FIELDS) {
    let at: unknown = item
    for (const key of path) at = at === undefined ? undefined : own(at, key)
    if (record(at) || Array.isArray(at)) return undefined
    values.push(at === undefined || at === null ? '' : String(at))
  }
  return values.join(':')
}
