import type { Result } from 'posthorn/client'

export type Overview = Result<'getOverview'>

/** Others have failed within the window, and answer again. */
export function failsNow({ active, failing_since, success_rate }: Overview['failing'][number]): boolean {
  return !active || failing_since !== null || success_rate === 0
}
