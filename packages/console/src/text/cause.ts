/** Why attempts fail, by the code that the API gives. Other causes are shown as they are. */
const WORDS: Readonly<Record<string, string>> = {
  failed: 'The target answers with an error of its own (5xx).',
  rejected: 'The target refuses the request (4xx).',
  busy: 'The target asks to be called later (408, 425 or 429).',
  gone: 'The target answered 410: it wants no more events.',
  redirected: 'The target answers with a redirect, and redirects are not followed.',
}

export function causeText(cause: string): string {
  return WORDS[cause] ?? cause
}
