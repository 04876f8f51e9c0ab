/** Promises of calls that wait for their reply. */
import { PosthornError } from '../../domain/error.ts'
import type { Reply } from './calls.ts'
import { fromFailure } from './failures.ts'

export interface Waiter {
  resolve(value: unknown): void
  reject(error: Error): void
}

export function settle(waiter: Waiter, reply: Reply): void {
  if (reply.ok) waiter.resolve(reply.value)
  else waiter.reject(fromFailure(reply.failure))
}

export function lostError(why: string): PosthornError {
  return new PosthornError(
    'store_unavailable',
    `The store's thread ended (${why}). Restart Posthorn; what was accepted is on disk.`,
  )
}

export function closedError(): PosthornError {
  return new PosthornError('store_unavailable', 'The store is closed: this process is shutting down.')
}
