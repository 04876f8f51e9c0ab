import { PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { RetryPolicy } from '../../domain/retry-policy.ts'
import type { RateLimit } from '../../domain/subscription.ts'
import { wholeNumberFlaw } from '../directory/flaws.ts'
import { rateLimitFlaws, retryFlaws } from '../directory/subscription-input.ts'
import { isStandardSchema, type StandardSchema } from './standard-schema.ts'
import { TRANSACTION_MS_MAX } from './transactions.ts'

export interface HandlerOptions<Data = unknown> {
  /** Tells apart two handlers of the same source and pattern; part of what is stored, so keep it. */
  readonly name?: string
  /** Deadline of one attempt, at most a day. Default 30 s. A handler that ignores its signal does not hold its slot longer. */
  readonly timeoutMs?: number
  /**
   * Deadline of `ctx.transaction`, at most 10 s, since it holds the store's only writer. Default 5 s. Waiting for other
   * transactions does not count.
   */
  readonly transactionTimeoutMs?: number
  /** Attempts at once, 1 to 1024. Default 16. */
  readonly concurrency?: number
  readonly rateLimit?: RateLimit
  /** Default `standard`. */
  readonly retry?: RetryPolicy
  /**
   * What `event.data` must fit, of any library with the interface of standardschema.dev (Zod, Valibot, ArkType …). The
   * handler gets what the schema makes of it. What does not fit is dead at once, as `payload_invalid`, and never reaches
   * the handler.
   */
  readonly schema?: StandardSchema<unknown, Data>
}

const TIMEOUT_MS_MAX = 86_400_000

const CHECKS: Readonly<Record<keyof HandlerOptions, (value: unknown) => string | null>> = {
  name: (value) =>
    typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value)
      ? null
      : 'must be 1 to 200 visible ASCII characters',
  timeoutMs: (value) => wholeNumberFlaw(value, 1, TIMEOUT_MS_MAX),
  transactionTimeoutMs: (value) => wholeNumberFlaw(value, 1, TRANSACTION_MS_MAX),
  concurrency: (value) => wholeNumberFlaw(value, 1, LIMITS.maxInFlightMax),
  rateLimit: (value) => rateLimitFlaws(value)[0]?.message ?? null,
  retry: (value) => retryFlaws(value)[0]?.message ?? null,
  schema: (value) =>
    isStandardSchema(value)
      ? null
      : 'must be a schema with the interface of standardschema.dev, version 1 (Zod from 3.24, Valibot, ArkType …)',
}

/** @throws PosthornError `config_invalid` naming the first option that cannot be used */
export function checkHandlerOptions(handler: string, options: HandlerOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const check = CHECKS[name as keyof HandlerOptions]
    const flaw =
      check === undefined ? 'is not an option of a handler' : value === undefined ? null : check(value)
    if (flaw !== null) throw new PosthornError('config_invalid', `The handler ${handler}: ${name} ${flaw}.`)
  }
}
