import { decodeSignature } from '../../encoding.ts'
import { refusal } from '../../verify/refusal.ts'
import { type Check, own, ownText, type ProviderCode } from './code.ts'
import { verifyByCode } from './verify-by-code.ts'

const MAX_ITEMS = 1000

/** Every item repeats the `clientState` that was given when the subscription was made; all of them must be right. */
export const graphCode: ProviderCode = {
  verifier: verifyByCode,
  headers: [],
  read({ payload }) {
    const items = own(payload(), 'value')
    if (!Array.isArray(items) || items.length === 0 || items.length > MAX_ITEMS)
      return refusal('body_malformed', `"value" must be a list of 1 to ${MAX_ITEMS} items`)
    const checks: Check[] = []
    for (const [index, item] of items.entries()) {
      const state = decodeSignature(ownText(item, 'clientState') ?? '', 'text')
      if (!state) return refusal('signature_missing', `item ${index} has no "clientState"`)
      checks.push({ contents: [[]], signatures: [state] })
    }
    return { ok: true, checks }
  },
}
