/**
 * PostgreSQL keeps text as UTF-8 without U+0000. What identifies is refused when it cannot be kept exactly, what only
 * explains is repaired.
 */
import { PosthornError } from '../../domain/error.ts'

/** @throws PosthornError `invalid_request` naming what cannot be kept */
export function checkText(what: string, ...texts: ReadonlyArray<string | null>): void {
  for (const text of texts)
    if (text !== null && !fits(text))
      throw new PosthornError(
        'invalid_request',
        `The ${what} ${JSON.stringify(text.slice(0, 100))} holds U+0000 or half of a surrogate pair, which PostgreSQL cannot keep; send other text.`,
      )
}

export function fits(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

export function repaired(text: string): string
export function repaired(text: string | null): string | null
export function repaired(text: string | null): string | null {
  return text === null ? null : text.toWellFormed().replaceAll('\0', '\ufffd')
}
