import { ANSWER_ERRORS } from '../../packages/posthorn/src/domain/classify.ts'
import { ERRORS } from '../../packages/posthorn/src/domain/error.ts'
import { HANDLER_ERRORS } from '../../packages/posthorn/src/engine/handle/handler-errors.ts'
import { TRANSPORT_ERRORS } from '../../packages/posthorn/src/ports/transport.ts'
import { REFUSAL_REASONS } from '../../packages/receiver/src/verify/refusal.ts'
import { code, pageHead, table } from './markdown.ts'

/** Every code that a program may match on, by the table of the code that it comes from. */
export function errorsPage(): string {
  return `${pageHead('Error codes', 'the tables in the code')}
Codes are stable; texts may improve. A new code may come with any version, so treat one that you do not know by its
status or its outcome.

## Answers of the API, errors of the library

Over HTTP as \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`, \`code\`, \`detail\` and
\`errors: [{ path, message }]\`; in code as a \`PosthornError\` with \`code\`. Those of 429 and 503 carry \`Retry-After\`.

${titled(ERRORS)}

## Errors of an attempt

In \`error_code\` of an attempt and \`last_error\` of a delivery.

The target answered, but not with success:

${sentences(ANSWER_ERRORS)}

No answer came, or none that can be read:

${sentences(TRANSPORT_ERRORS)}

In this process:

${sentences(HANDLER_ERRORS)}

## Refusals of a receiver

\`reason\` of a result of \`verify\` that is not \`ok\`. For logs and metrics; the answer to the sender must not tell.

${sentences(REFUSAL_REASONS)}
`
}

function titled(
  codes: Readonly<Record<string, { readonly status: number; readonly title: string }>>,
): string {
  const rows = Object.entries(codes).map(([name, { status, title }]) => [code(name), String(status), title])
  return table(['code', 'status', 'meaning'], rows)
}

function sentences(codes: Readonly<Record<string, string>>): string {
  return table(
    ['code', 'meaning'],
    Object.entries(codes).map(([name, meaning]) => [code(name), meaning]),
  )
}
