type Words = (status: string | null) => string

/** Why attempts fail, by the code that the API gives. Other causes are shown as they are. */
const WORDS: Readonly<Record<string, Words>> = {
  failed: (status) => `The target answers with an error of its own (${status ?? '5xx'}).`,
  rejected: (status) => `The target refuses the request (${status ?? '4xx'}).`,
  busy: (status) => `The target asks to be called later (${status ?? '408, 425 or 429'}).`,
  gone: () => 'The target answered 410: it wants no more events.',
  redirected: (status) =>
    `The target answers with a redirect${status === null ? '' : ` (${status})`}, and redirects are not followed.`,
}

/** @param statuses what was answered, the most frequent first */
export function causeText(cause: string, statuses: readonly number[] = []): string {
  return WORDS[cause]?.(statuses.length === 0 ? null : statuses.join(', ')) ?? cause
}
