import { ReceiverConfigError } from '@posthorn/receiver'
import { PosthornApiError } from '../client/error.ts'
import { ERRORS, type ErrorCode, isPosthornError } from '../domain/error.ts'
import { CliError, EXIT, type ExitName } from './exit.ts'
import type { Output } from './output.ts'
import { harmless } from './text/width.ts'

const EXIT_OF_CODE: Partial<Record<ErrorCode, ExitName>> = {
  config_invalid: 'config',
  secret_unreadable: 'config',
  data_dir_locked: 'busy',
  schema_newer: 'data',
  schema_outdated: 'data',
  store_damaged: 'data',
  store_moved: 'data',
  store_unfinished: 'data',
}

/** Any error as one of ours: with an exit code and a sentence. */
export function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof PosthornApiError) return ofApi(error)
  if (isPosthornError(error)) {
    const problem = { code: error.code, title: ERRORS[error.code].title, errors: error.flaws }
    return new CliError(EXIT_OF_CODE[error.code] ?? 'failed', withFlaws(error.message, error.flaws), {
      problem,
      cause: error,
    })
  }
  if (error instanceof ReceiverConfigError)
    return new CliError('usage', error.message, { problem: { code: error.code }, cause: error })
  return ofSystem(error)
}

function ofApi(error: PosthornApiError): CliError {
  const problem = { code: error.code, status: error.status, errors: error.errors }
  const id = error.requestId !== null && error.status >= 500 ? ` (request ${error.requestId})` : ''
  return new CliError(exitOfApi(error), withFlaws(error.detail, error.errors) + id, { problem, cause: error })
}

function exitOfApi({ code, status }: PosthornApiError): ExitName {
  if (code === 'unreachable' || code === 'unexpected_answer') return 'unreachable'
  if (status === 401 || status === 403) return 'denied'
  return status === 404 ? 'missing' : 'failed'
}

/** Files that are not there and the like: what Node says is clear enough without its stack. */
function ofSystem(error: unknown): CliError {
  const { code, message } = (error ?? {}) as NodeJS.ErrnoException
  if (error instanceof Error && typeof code === 'string' && /^E[A-Z]+$/.test(code))
    return new CliError('failed', message ?? code, { problem: { code }, cause: error })
  const stack = error instanceof Error ? error.stack : String(error)
  return new CliError('internal', `Something broke that should not: ${stack}`, {
    problem: { code: 'internal' },
    cause: error,
  })
}

function withFlaws(
  detail: string,
  flaws: ReadonlyArray<{ readonly path: string; readonly message: string }>,
): string {
  const more = flaws.filter(({ message }) => !detail.includes(message))
  return [detail, ...more.map(({ path, message }) => `  ${path} ${message}`)].join('\n')
}

/** Says on stderr what went wrong. @returns the exit code */
export async function report(output: Output, error: CliError, json: boolean): Promise<number> {
  const { code } = EXIT[error.exit]
  if (json) {
    const { title, status, errors = [], code: name } = error.problem
    const problem = {
      type: `urn:posthorn:error:${name}`,
      title: title ?? EXIT[error.exit].meaning,
      ...(status === undefined || status === 0 ? {} : { status }),
      code: name,
      detail: error.message,
      errors,
      exit_code: code,
    }
    output.note(JSON.stringify(problem))
  } else output.note(`${output.paint('red', 'posthorn:', 'stderr')} ${harmless(error.message)}`)
  return code
}
