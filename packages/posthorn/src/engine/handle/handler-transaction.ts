import { PosthornError } from '../../domain/error.ts'
import type { Finish } from '../../ports/finish.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Transaction } from '../../ports/transactions.ts'
import { type AttemptReport, SUCCESS } from '../deliver/target.ts'
import { handlerFailure } from './handler-failure.ts'
import type { Transactions } from './transactions.ts'

export interface HandlerTransactionParts {
  readonly transactions: Transactions
  /** What it stores when the work is done: the delivery delivered by this attempt. */
  readonly finish: () => Finish
  readonly signal: AbortSignal
  readonly timeoutMs: number
  readonly log: Logger
}

type State = 'unused' | 'open' | 'committed' | 'lease lost' | 'rolled back'

/** The one transaction that an attempt may have. What became of it decides how the attempt ended, not the handler. */
export class HandlerTransaction {
  readonly #parts: HandlerTransactionParts
  #state: State = 'unused'
  #ended = false
  #running: Promise<unknown> = Promise.resolve()
  #error: unknown = null

  constructor(parts: HandlerTransactionParts) {
    this.#parts = parts
  }

  /** As `ctx.transaction`. What is wrong before it begins is thrown at once: a handler may forget to await. */
  run<T>(work: (tx: Transaction) => T | Promise<T>): Promise<T> {
    this.#parts.transactions.ensurePossible()
    if (this.#ended || this.#parts.signal.aborted)
      throw new PosthornError('state_conflict', 'ctx.transaction was called after the end of its attempt.')
    if (this.#state !== 'unused')
      throw new PosthornError(
        'state_conflict',
        'ctx.transaction was called a second time in one attempt. Its commit is what marks the event as handled: do all of its writes in one.',
      )
    this.#state = 'open'
    const running = this.#run(work)
    // `result` looks at how it ended: a handler that did not wait for it must not end the process by its rejection.
    this.#running = running.catch(() => undefined)
    return running
  }

  /**
   * How the attempt ended, after the handler has. Waits for a transaction that is still open: it is committed or rolled
   * back by then, at its own time limit or since the attempt's signal has aborted.
   */
  async result(report: AttemptReport): Promise<AttemptReport> {
    this.#ended = true
    const left = this.#state === 'open'
    await this.#running
    switch (this.#state) {
      case 'committed':
        return this.#committed(report)
      case 'lease lost':
        return { ...handlerFailure('lease_lost', LEASE_LOST), settled: 'stale' }
      case 'rolled back':
        return left && report.outcome === 'success'
          ? handlerFailure('handler_failed', `Its transaction, for which it did not wait: ${this.#error}`)
          : report
      default:
        return report
    }
  }

  async #run<T>(work: (tx: Transaction) => T | Promise<T>): Promise<T> {
    const { transactions, finish, signal, timeoutMs } = this.#parts
    try {
      const done = await transactions.run(work, { signal, timeoutMs, finish })
      if (done.recorded) {
        this.#state = 'committed'
        return done.value
      }
    } catch (error) {
      this.#state = 'rolled back'
      this.#error = error
      throw error
    }
    this.#state = 'lease lost'
    throw new PosthornError('state_conflict', LEASE_LOST)
  }

  #committed(report: AttemptReport): AttemptReport {
    if (report.outcome !== 'success')
      this.#parts.log.warn(
        'The handler failed after its transaction was committed: the event is handled and stays so.',
        { error_code: report.errorCode, error_detail: report.errorDetail },
      )
    return { ...SUCCESS, settled: 'delivered' }
  }
}

const LEASE_LOST =
  'The lease of this delivery had run out and another attempt has it: the transaction was rolled back.'
