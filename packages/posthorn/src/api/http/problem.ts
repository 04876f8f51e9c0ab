/** Errors as RFC 9457 problems. */
import { ERRORS, type ErrorCode, isPosthornError, PosthornError } from '../../domain/error.ts'
import type { Problem } from '../contract/schemas/common.ts'

export const PROBLEM_MEDIA = 'application/problem+json; charset=utf-8'

/** Codes that exist for starts and library calls: over HTTP they would tell a stranger about the machine. */
const INTERNAL_ONLY: ReadonlySet<ErrorCode> = new Set([
  'config_invalid',
  'data_dir_locked',
  'schema_newer',
  'schema_outdated',
  'store_damaged',
  'sql_failed',
  'sql_refused',
  'transaction_timeout',
])

export function toProblem(error: PosthornError): Problem {
  const { status, title } = ERRORS[error.code]
  return {
    type: `urn:posthorn:error:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    errors: error.flaws.map(({ path, message }) => ({ path, message })),
  }
}

/** What is not meant for the caller becomes `internal`, with the cause kept for the log. */
export function toPosthornError(error: unknown, requestId: string): PosthornError {
  if (isPosthornError(error) && !INTERNAL_ONLY.has(error.code)) return error
  return fromFramework(error) ?? internal(error, requestId)
}

function internal(cause: unknown, requestId: string): PosthornError {
  return new PosthornError(
    'internal',
    `Something broke here. The log has the cause under request id ${requestId}.`,
    {
      cause,
    },
  )
}

/** What Fastify and the HTTP parser refuse before any of our code runs. */
function fromFramework(error: unknown): PosthornError | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new PosthornError('media_type_unsupported', 'Send the body as application/json, in UTF-8.')
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new PosthornError('invalid_request', 'The body is not as long as its content-length says.')
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
    case 'FST_ERR_ASYNC_CONSTRAINT':
      return new PosthornError('invalid_request', 'The path cannot be decoded; percent-encode it as UTF-8.')
    case 'ECONNRESET':
    case 'ECONNABORTED':
      return new PosthornError('invalid_request', 'The connection was closed before the body was complete.')
    default:
      return null
  }
}
