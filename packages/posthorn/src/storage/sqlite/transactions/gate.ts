import type {
  Transaction,
  TransactionOptions,
  TransactionResult,
  TransactionStore,
} from '../../../ports/transactions.ts'
import type { Call, Send } from '../calls.ts'
import { closedError, type Waiter } from '../waiters.ts'
import { overError, TransactionHandle } from './handle.ts'

interface Held extends Waiter {
  readonly call: Call
}

/**
 * Gives the connection to one transaction at a time: what else is asked of it meanwhile waits here, on the near side of
 * a thread, and is then sent together. So the far side never has to know whose call it is.
 */
export class TransactionGate implements TransactionStore {
  readonly #send: Send
  /** Those that wait for the present transaction to end. */
  #held: Held[] = []
  readonly #next: Array<PromiseWithResolvers<void>> = []
  #busy = false
  #closed = false
  /** Ends the transaction that is open. */
  #cutOff: ((reason: unknown) => void) | null = null
  #ended: Promise<unknown> = Promise.resolve()

  /** @param send to the connection, in order */
  constructor(send: Send) {
    this.#send = send
  }

  send(call: Call): Promise<unknown> {
    if (!this.#busy) return this.#send(call)
    return new Promise((resolve, reject) => this.#held.push({ call, resolve, reject }))
  }

  async run<T>(
    work: (tx: Transaction) => T | Promise<T>,
    options: TransactionOptions,
  ): Promise<TransactionResult<T>> {
    await this.#turn(options.signal)
    const result = this.#transaction(work, options).finally(() => this.#release())
    this.#ended = result.catch(() => {})
    return result
  }

  /** Rolls back what is open; what was held is sent before it resolves. Those that wait for their turn are refused at it. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cutOff?.(closedError())
    await this.#ended
  }

  /** Resolves when nothing else is open. */
  async #turn(signal: AbortSignal): Promise<void> {
    this.#checkWanted(signal)
    if (!this.#busy) {
      this.#busy = true
      return
    }
    const turn = Promise.withResolvers<void>()
    this.#next.push(turn)
    const giveUp = () => {
      const place = this.#next.indexOf(turn)
      if (place >= 0) this.#next.splice(place, 1)
      turn.reject(signal.reason)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    try {
      await turn.promise
    } finally {
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** What was held goes before the next transaction begins, so that no row of transactions starves the rest. */
  #release(): void {
    this.#cutOff = null
    this.#busy = false
    for (const { call, resolve, reject } of this.#held.splice(0)) this.#send(call).then(resolve, reject)
    const next = this.#next.shift()
    if (next === undefined) return
    this.#busy = true
    next.resolve()
  }

  async #transaction<T>(
    work: (tx: Transaction) => T | Promise<T>,
    { signal, finish }: TransactionOptions,
  ): Promise<TransactionResult<T>> {
    this.#checkWanted(signal)
    await this.#send({ port: 'transaction', method: 'begin', args: [] })
    const tx = new TransactionHandle(this.#send)
    const { promise: cutOff, reject } = Promise.withResolvers<never>()
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#cutOff = reject
    try {
      this.#checkWanted(signal)
      const value = await Promise.race([cutOff, worked(work, tx)])
      tx.end(overError())
      const recorded = await this.#commit(finish)
      return recorded ? { recorded, value } : { recorded }
    } catch (error) {
      const reason = signal.aborted ? signal.reason : error
      tx.end(reason)
      // Should even this fail, the connection is gone and the transaction with it.
      await this.#send({ port: 'transaction', method: 'rollback', args: [] }).catch(() => {})
      throw reason
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  #checkWanted(signal: AbortSignal): void {
    signal.throwIfAborted()
    if (this.#closed) throw closedError()
  }

  #commit(finish: TransactionOptions['finish']): Promise<boolean> {
    const call = { port: 'transaction', method: 'commit', args: [finish?.() ?? null] } as const
    return this.#send(call) as Promise<boolean>
  }
}

async function worked<T>(work: (tx: Transaction) => T | Promise<T>, tx: TransactionHandle): Promise<T> {
  const value = await work(tx)
  await tx.settled()
  return value
}
