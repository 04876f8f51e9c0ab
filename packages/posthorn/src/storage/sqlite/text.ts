/**
 * SQLite keeps text as UTF-8. A NUL survives; half of a surrogate pair does not: it would come back as U+FFFD, and two
 * different ids could become one. So what identifies is refused, and what only explains is repaired.
 */
import { PosthornError } from '../../domain/error.ts'

/** @throws PosthornError `invalid_request` naming what is not well-formed */
export function checkText(what: string, ...texts: ReadonlyArray<string | null>): void {
  for (const text of texts)
    if (text !== null && !text.isWellFormed())
      throw new PosthornError(
        'invalid_request',
        `The ${what} ${JSON.stringify(text.slice(0, 100))} holds half of a surrogate pair, which is not valid Unicode; send well-formed text.`,
      )
}

export function repaired(text: string | null): string | null {
  return text === null ? null : text.toWellFormed()
}
