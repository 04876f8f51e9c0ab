/**
 * What an answer means for its delivery. Pure; the table is the documentation.
 *
 * | answer | outcome | error |
 * |---|---|---|
 * | 2xx | success | |
 * | 3xx | retry (redirects are never followed) | `redirected` |
 * | 408, 425, 429 | retry, not before `Retry-After` | `busy` |
 * | 410 | fatal, and the subscription is disabled | `gone` |
 * | other 4xx | by the subscription: retry (default) or fatal | `rejected` |
 * | 5xx, anything else | retry, not before `Retry-After` | `failed` |
 * | no answer | retry | the transport's error |
 */
import type { Outcome } from './delivery.ts'

export const ANSWER_ERRORS = {
  redirected: 'The target answered with a redirect; redirects are not followed. Give its final URL.',
  busy: 'The target asked to be called later (408, 425 or 429).',
  gone: 'The target answered 410: it wants no more events. The subscription was disabled.',
  rejected: 'The target refused the request (4xx).',
  failed: 'The target answered with an error of its own (5xx, or not a final status).',
} as const

export interface Verdict {
  readonly outcome: Outcome
  readonly error: keyof typeof ANSWER_ERRORS | null
  /** The subscription is to be disabled. */
  readonly gone: boolean
}

const BUSY = new Set([408, 425, 429])

export function classifyStatus(statusCode: number, onClientError: 'retry' | 'drop'): Verdict {
  if (statusCode >= 200 && statusCode < 300) return { outcome: 'success', error: null, gone: false }
  if (statusCode >= 300 && statusCode < 400) return { outcome: 'retry', error: 'redirected', gone: false }
  if (BUSY.has(statusCode)) return { outcome: 'retry', error: 'busy', gone: false }
  if (statusCode === 410) return { outcome: 'fatal', error: 'gone', gone: true }
  if (statusCode >= 400 && statusCode < 500)
    return { outcome: onClientError === 'drop' ? 'fatal' : 'retry', error: 'rejected', gone: false }
  return { outcome: 'retry', error: 'failed', gone: false }
}

/**
 * Milliseconds from `now` that a `Retry-After` header asks for (RFC 9110 §10.2.3: seconds, or an HTTP date), or null
 * when it is absent, in the past or not readable.
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null
  const text = header.trim()
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  if (!/^[A-Za-z]{3,9}, /.test(text)) return null
  const date = Date.parse(text)
  return Number.isNaN(date) || date <= now ? null : date - now
}
