/** What an attempt sent and was answered, for people. */
import type { Result, Row } from '../../api/contract/contract.ts'
import type { Context } from '../context.ts'
import { count } from '../progress.ts'
import { indented, stateText } from '../show.ts'
import { spanText } from '../text/time.ts'

type Attempt = Row<'listAttempts'>
type Exchanged = NonNullable<Attempt['request']>

export async function tellAttempt(attempt: Attempt, exchange: boolean, context: Context): Promise<void> {
  const { output } = context
  await output.line(attemptLine(attempt, context))
  const { request, response } = attempt
  if (exchange && request === null) await output.line('    (nothing was sent)')
  if (exchange && request !== null) {
    await output.line(indented(`POST ${request.url}`, '    > '))
    await tellHeaders(request, '    > ', context)
  }
  if (attempt.error !== null)
    await output.line(indented(`${attempt.error.code}: ${attempt.error.detail}`, '    '))
  if (exchange && response !== null) {
    await output.line(`    < ${attempt.status_code ?? ''}`.trimEnd())
    await tellHeaders(response, '    < ', context)
  }
  if (attempt.response_body !== '') await output.line(indented(attempt.response_body, '    | '))
  if (attempt.response_truncated) await output.line('    (there was more)')
}

async function tellHeaders(
  { headers, headers_omitted }: Pick<Exchanged, 'headers' | 'headers_omitted'>,
  by: string,
  { output }: Context,
): Promise<void> {
  for (const { name, value } of headers)
    await output.line(indented(`${name}: ${value ?? output.paint('dim', '(hidden)')}`, by))
  if (headers_omitted > 0) await output.line(`${by}(${count(headers_omitted)} more)`)
}

export async function tellBody(sent: Result<'getRequestBody'>, { output }: Context): Promise<void> {
  await output.line(`  body of each attempt  ${sent.content_type}, ${count(sent.bytes)} bytes`)
  if (sent.body_base64 !== null) await output.line('    (no UTF-8 text; --json has it as base64)')
  await output.line(indented(sent.body, '    > '))
}

function attemptLine(attempt: Attempt, { output }: Context): string {
  const status = attempt.status_code === null ? '' : `status ${attempt.status_code}, `
  const outcome = stateText(output, attempt.outcome)
  return `  attempt ${attempt.number}  ${attempt.started_at}  ${outcome}  ${status}${spanText(attempt.duration_ms)}`
}
