import type { Handshake } from './handshake.ts'
import { headerValue, refusedAnswer } from './parts.ts'

const ORIGIN = /^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$/
const RATE = /^[1-9][0-9]{0,8}$/

/**
 * OPTIONS with `WebHook-Request-Origin`: whether that origin may send here, and how much. The URL of
 * `WebHook-Request-Callback` is never called: it is a stranger's.
 * https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
 */
export const cloudeventsHandshake: Handshake = {
  method: 'OPTIONS',
  when: 'before',
  answer(request, { allowedOrigins = [], allowedRate }) {
    const origin = request.method === 'OPTIONS' ? headerValue(request, 'webhook-request-origin') : undefined
    if (origin === undefined) return null
    if (origin === null || !ORIGIN.test(origin)) return refusedAnswer()
    const allowed = allowedOrigins.some((one) => one === '*' || one.toLowerCase() === origin.toLowerCase())
    if (!allowed) return refusedAnswer(403)
    const asked = headerValue(request, 'webhook-request-rate')
    if (asked !== undefined && (asked === null || (asked !== '*' && !RATE.test(asked))))
      return refusedAnswer()
    const headers: Record<string, string> = { allow: 'POST', 'webhook-allowed-origin': origin }
    const rate = rateOf(asked, allowedRate)
    if (rate !== undefined) headers['webhook-allowed-rate'] = rate
    return { status: 200, headers, body: '' }
  },
}

/** The smaller of what is asked and what is allowed; nothing where neither says a number. */
function rateOf(asked: string | undefined, allowed: number | undefined): string | undefined {
  if (asked === undefined || asked === '*') return allowed === undefined ? asked : String(allowed)
  return String(allowed === undefined ? Number(asked) : Math.min(Number(asked), allowed))
}
