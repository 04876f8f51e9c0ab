import { PosthornError } from '../../../domain/error.ts'
import type { Finish } from '../../../ports/finish.ts'
import type {
  Transaction,
  TransactionOptions,
  TransactionResult,
  TransactionStore,
} from '../../../ports/transactions.ts'
import { finishAll } from '../finish.ts'
import type { Partitions } from '../partitions.ts'
import type { Lent, Sessions } from '../session.ts'
import { SqlGuard } from './guard.ts'
import { overError, TransactionHandle } from './handle.ts'
import { Turns } from './turns.ts'

export interface TransactionsParts {
  readonly sessions: Sessions
  readonly schema: string
  readonly partitions: Partitions
  /** How many may be open at once: while they are, each holds a connection. */
  readonly atOnce: number
}

/** The application's transactions, each on a connection of its own. */
export class PgTransactions implements TransactionStore {
  readonly #parts: TransactionsParts
  readonly #guard: SqlGuard
  readonly #turns: Turns
  readonly #closing = new AbortController()
  readonly #open = new Set<Promise<unknown>>()

  constructor(parts: TransactionsParts) {
    this.#parts = parts
    this.#guard = new SqlGuard(parts.schema)
    this.#turns = new Turns(parts.atOnce)
  }

  async run<T>(
    work: (tx: Transaction) => T | Promise<T>,
    options: TransactionOptions,
  ): Promise<TransactionResult<T>> {
    const signal = AbortSignal.any([options.signal, this.#closing.signal])
    await this.#turns.take(signal)
    const result = this.#parts.sessions
      .with((lent) => this.#transaction(lent, work, { ...options, signal }))
      .finally(() => {
        this.#turns.giveBack()
        this.#open.delete(result)
      })
    this.#open.add(result)
    return result
  }

  /** Rolls back what is open. */
  async close(): Promise<void> {
    this.#closing.abort(new PosthornError('store_unavailable', 'The store is closed.'))
    await Promise.allSettled(this.#open)
  }

  async #transaction<T>(
    lent: Lent,
    work: (tx: Transaction) => T | Promise<T>,
    { signal, finish }: TransactionOptions,
  ): Promise<TransactionResult<T>> {
    signal.throwIfAborted()
    await lent.once('begin')
    const pid = await pidOf(lent)
    const tx = new TransactionHandle(lent, this.#guard)
    const { promise: cutOff, reject } = Promise.withResolvers<never>()
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      signal.throwIfAborted()
      const value = await Promise.race([cutOff, worked(work, tx)])
      tx.end(overError())
      const recorded = await this.#commit(lent, finish)
      return recorded ? { recorded, value } : { recorded }
    } catch (error) {
      const reason = signal.aborted ? signal.reason : error
      tx.end(reason)
      await this.#rollback(lent, tx, pid)
      throw reason
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** @returns false when the lease is not held any more: all is rolled back */
  async #commit(lent: Lent, finish: (() => Finish) | undefined): Promise<boolean> {
    const end = finish?.()
    if (end !== undefined) {
      await this.#parts.partitions.deliveries([end.deliveryId])
      const [fitted] = await finishAll(lent, this.#parts.schema, [end]).catch((error: unknown) => {
        // The next attempt makes it.
        this.#parts.partitions.forgetMissing(error)
        throw error
      })
      if (fitted !== true) {
        await lent.rollback()
        return false
      }
    }
    await lent.commit()
    return true
  }

  /** What runs is cancelled: it might hold its locks for long, waiting for somebody else's. */
  async #rollback(lent: Lent, tx: TransactionHandle, pid: number): Promise<void> {
    if (tx.isBusy) {
      // A word that comes late would cancel somebody else's statement.
      lent.discard()
      const cancelled = await this.#cancel(pid)
      if (!cancelled) return
      await tx.idle()
    }
    await lent.rollback()
  }

  async #cancel(pid: number): Promise<boolean> {
    try {
      await this.#parts.sessions.rows('select pg_cancel_backend($1::integer)', pid)
      return true
    } catch {
      // The server hears of it when it next writes to the connection, which is closed now.
      return false
    }
  }
}

async function pidOf(lent: Lent): Promise<number> {
  const [row] = await lent.rows<{ pid: number }>('select pg_backend_pid() as pid')
  return row?.pid ?? 0
}

async function worked<T>(work: (tx: Transaction) => T | Promise<T>, tx: TransactionHandle): Promise<T> {
  const value = await work(tx)
  await tx.settled()
  return value
}
