import { Worker } from 'node:worker_threads'
import type { PosthornError } from '../../domain/error.ts'
import type { Call, Reply } from './calls.ts'
import { fromFailure, toFailure } from './failures.ts'
import type { OpenReport } from './recover.ts'
import { packed } from './thread-args.ts'
import type { FromThread, NumberedCall, ThreadRole, ToThread } from './thread-messages.ts'
import { closedError, lostError, settle, type Waiter } from './waiters.ts'

/** The source runs as TypeScript, the published package as JavaScript. */
export const THREAD_ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './thread-entry.ts' : './thread-entry.js',
  import.meta.url,
)

/** The near end of one thread: calls out, replies in, gathered by turns in both directions. */
export class ThreadLink {
  readonly #worker: Worker
  readonly #nextTurn: (run: () => void) => void
  readonly #waiters = new Map<number, Waiter>()
  readonly #opened = Promise.withResolvers<OpenReport | null>()
  readonly #exited = Promise.withResolvers<void>()
  #unsent: NumberedCall[] = []
  #lastNumber = 0
  /** Why no more calls are taken, once that is so. */
  #ended: PosthornError | null = null

  constructor(role: ThreadRole, nextTurn: (run: () => void) => void, entry: URL = THREAD_ENTRY) {
    this.#nextTurn = nextTurn
    // The flags of this process are not the thread's: with `--input-type` (node -e) it would not even start.
    this.#worker = new Worker(entry, { workerData: role, name: `posthorn-${role.role}`, execArgv: [] })
    this.#worker.on('message', (message: FromThread) => this.#receive(message))
    this.#worker.on('error', (error) => this.#end(lostError(error.message)))
    this.#worker.on('exit', (code) => {
      this.#end(lostError(`exit code ${code}`))
      this.#exited.resolve()
    })
    // Who does not wait for it still must not be told of an unhandled rejection.
    this.#opened.promise.catch(() => {})
  }

  /** @throws PosthornError why it did not open */
  async opened(): Promise<OpenReport | null> {
    const report = await this.#opened.promise
    if (this.#waiters.size === 0) this.#worker.unref()
    return report
  }

  get ended(): boolean {
    return this.#ended !== null
  }

  send(call: Call): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      const crossing = packed(call)
      // Only while somebody waits does the thread keep the process alive.
      if (this.#waiters.size === 0) this.#worker.ref()
      this.#lastNumber += 1
      this.#waiters.set(this.#lastNumber, { resolve, reject })
      this.#unsent.push({ ...crossing, number: this.#lastNumber })
      if (this.#unsent.length === 1) this.#nextTurn(() => this.#flush())
    })
  }

  /** What was sent is still answered. */
  close(): Promise<void> {
    if (this.#ended === null) {
      this.#worker.ref()
      this.#flush()
      this.#ended = closedError()
      this.#post('close')
    }
    return this.#exited.promise
  }

  #flush(): void {
    if (this.#unsent.length === 0) return
    const calls = this.#unsent
    this.#unsent = []
    try {
      this.#post(calls)
    } catch {
      for (const call of calls) this.#postAlone(call)
    }
  }

  /** Among calls made together was one that cannot be copied to the thread (a function in a record): only that one fails. */
  #postAlone(call: NumberedCall): void {
    try {
      this.#post([call])
    } catch (error) {
      this.#settle(call.number, { ok: false, failure: toFailure(error) })
    }
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  #receive(message: FromThread): void {
    if (message.kind === 'opened') this.#opened.resolve(message.report)
    else if (message.kind === 'failed') this.#end(fromFailure(message.failure))
    else for (const [number, reply] of message.replies) this.#settle(number, reply)
  }

  #settle(number: number, reply: Reply): void {
    const waiter = this.#waiters.get(number)
    this.#waiters.delete(number)
    if (waiter !== undefined) settle(waiter, reply)
    if (this.#waiters.size === 0) this.#worker.unref()
  }

  /** Whoever waits, and whoever comes later, is told. */
  #end(reason: PosthornError): void {
    this.#ended ??= reason
    this.#opened.reject(reason)
    for (const waiter of this.#waiters.values()) waiter.reject(reason)
    this.#waiters.clear()
    this.#unsent = []
  }
}
