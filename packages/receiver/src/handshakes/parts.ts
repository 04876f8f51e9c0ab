import { parseJson } from '../verify/body.ts'
import { collectHeaders } from '../verify/headers.ts'
import type { HandshakeAnswer, HandshakeRequest } from './handshake.ts'

/**
 * A stranger's text that may be sent back: printable ASCII without what a browser could take for markup, in case one
 * is led here. No line break can get into a header or the log.
 */
export function isEchoable(text: unknown, max: number): text is string {
  if (typeof text !== 'string' || text.length > max) return false
  return /^[\x20-\x7e]+$/.test(text) && !/[<>"'`&]/.test(text)
}

/** The only value of a parameter of the query; `null` when it is there several times; undefined when it is not. */
export function queryValue({ url }: HandshakeRequest, name: string): string | null | undefined {
  let values: string[]
  try {
    values = new URL(url, 'https://receiver.invalid').searchParams.getAll(name)
  } catch {
    return undefined
  }
  return values.length > 1 ? null : values[0]
}

/** The only value of a header, as `queryValue`. */
export function headerValue({ headers }: HandshakeRequest, name: string): string | null | undefined {
  const values = collectHeaders(headers, new Set([name]))?.get(name) ?? []
  return values.length > 1 ? null : values[0]
}

/** The body as an object; undefined when it is none. */
export function jsonBody({ body }: HandshakeRequest): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(body, undefined)
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

export function plainAnswer(body: string): HandshakeAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body,
  }
}

export function jsonAnswer(value: unknown): HandshakeAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
    body: JSON.stringify(value),
  }
}

/** Asked in the right form, but not to be answered: without a word of why. */
export function refusedAnswer(status: 400 | 403 = 400): HandshakeAnswer {
  return { status, body: '' }
}
