import type { ItemsRule } from '../items-rule.ts'
import { body, joined } from '../provider.ts'

/** Each item repeats its `eventId`, which the vendor does not promise to be unique: subscription and time are added. */
export const hubspotItems: ItemsRule = {
  paths: [[]],
  bytes: 'exact',
  id: [joined('-', body('eventId'), body('subscriptionId'), body('occurredAt')), body('eventId')],
  type: [body('subscriptionType')],
}

// The escapes that the vendor decodes before it signs; the first question mark, which begins the query, is none.
const DECODED = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi

/** The URL as it was called, and as version 3 signs it. */
export function hubspotUrls(url: string): readonly string[] {
  const decoded = url.replaceAll(DECODED, (text) => String.fromCharCode(Number.parseInt(text.slice(1), 16)))
  return decoded === url ? [url] : [url, decoded]
}
