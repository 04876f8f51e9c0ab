import { REQUEST_ID_HEADER } from '../api/contract/operations.ts'
import type { Problem } from '../api/contract/schemas/common.ts'
import { PosthornApiError } from './error.ts'

/** What an answer that is no success says. */
export async function readProblem(response: Response, what: string): Promise<PosthornApiError> {
  const { status, headers } = response
  const common = {
    status,
    retryAfterS: seconds(headers.get('retry-after')),
    requestId: headers.get(REQUEST_ID_HEADER),
  }
  const problem = await parse(response)
  if (problem !== null)
    return new PosthornApiError({
      ...common,
      code: problem.code,
      detail: problem.detail,
      errors: problem.errors,
    })
  return new PosthornApiError({
    ...common,
    code: 'unexpected_answer',
    detail: `${what} was answered with status ${status} and no problem of Posthorn; is something else in between?`,
  })
}

async function parse(response: Response): Promise<Problem | null> {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return null
  try {
    const problem = (await response.json()) as Partial<Problem> | null
    if (typeof problem?.code !== 'string' || typeof problem.detail !== 'string') return null
    return { errors: [], ...problem } as Problem
  } catch {
    return null
  }
}

function seconds(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null
}
