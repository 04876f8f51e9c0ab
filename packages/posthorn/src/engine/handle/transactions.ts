import { PosthornError } from '../../domain/error.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Finish } from '../../ports/finish.ts'
import type { Transaction, TransactionResult, TransactionStore } from '../../ports/transactions.ts'

/** While a transaction is open it holds the only writer: everything that is accepted or recorded waits for its end. */
export const TRANSACTION_MS = 5_000
/** Well below what a lease outlives its attempt by, so that results that wait for the writer are still in time. */
export const TRANSACTION_MS_MAX = 10_000

export interface TransactionRequest {
  /** Its abort rolls back. */
  readonly signal: AbortSignal
  /** From when the work begins: waiting for those before it does not count. */
  readonly timeoutMs: number
  readonly finish?: () => Finish
}

/** Transactions over the application's own tables, within a time. */
export class Transactions {
  readonly #store: TransactionStore | null
  readonly #clock: Clock

  constructor(store: TransactionStore | undefined, clock: Clock) {
    this.#store = store ?? null
    this.#clock = clock
  }

  /** @throws PosthornError `config_invalid` where the store has no transactions: the caller has to do without */
  ensurePossible(): TransactionStore {
    if (this.#store === null)
      throw new PosthornError(
        'config_invalid',
        'This store has no transactions for the application. Use the embedded store or PostgreSQL (leave out `store`), or write to a database of your own and keep the ids of the events that are done in the same commit.',
      )
    return this.#store
  }

  /** One that is about no delivery. */
  async apart<T>(work: (tx: Transaction) => T | Promise<T>): Promise<T> {
    const { signal } = new AbortController()
    const result = await this.run(work, { signal, timeoutMs: TRANSACTION_MS })
    if (!result.recorded) throw new Error('a transaction without a delivery was not recorded')
    return result.value
  }

  /** @throws PosthornError `transaction_timeout`, whatever the store throws, and whatever `work` throws */
  async run<T>(
    work: (tx: Transaction) => T | Promise<T>,
    { signal, timeoutMs, finish }: TransactionRequest,
  ): Promise<TransactionResult<T>> {
    const store = this.ensurePossible()
    const ending = new AbortController()
    const cutOff = () => ending.abort(signal.reason)
    if (signal.aborted) cutOff()
    signal.addEventListener('abort', cutOff, { once: true })
    const timers: Timer[] = []
    const timed = (tx: Transaction) => {
      timers.push(this.#clock.after(timeoutMs, () => ending.abort(tooLong(timeoutMs))))
      return work(tx)
    }
    try {
      return await store.run(timed, { signal: ending.signal, ...(finish === undefined ? {} : { finish }) })
    } finally {
      for (const timer of timers) timer.cancel()
      signal.removeEventListener('abort', cutOff)
    }
  }
}

function tooLong(timeoutMs: number): PosthornError {
  return new PosthornError(
    'transaction_timeout',
    `The transaction took longer than ${timeoutMs} ms and was rolled back. Do what takes long before it, and await nothing in it but its own statements.`,
  )
}
