import { type AttemptReport, failureReport } from '../deliver/target.ts'
import type { HandlerError } from './handler-errors.ts'

/** Of a detail that is kept with an attempt: it is for people, and an error's text can be a whole document. */
const DETAIL_CHARS = 1_000

export function handlerFailure(
  code: HandlerError,
  detail: string,
  more: Partial<AttemptReport> = {},
): AttemptReport {
  const bounded = detail.length > DETAIL_CHARS ? `${detail.slice(0, DETAIL_CHARS)}…` : detail
  return failureReport(code, bounded, more)
}
