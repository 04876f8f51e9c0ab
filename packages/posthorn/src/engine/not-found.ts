import { PosthornError } from '../domain/error.ts'

/** The same words whether it is not there or belongs to another tenant. */
export function notFound(what: string, id: string): PosthornError {
  return new PosthornError('not_found', `There is no ${what} ${id}.`)
}
