import { Worker } from 'node:worker_threads'
import { PosthornError } from '../../domain/error.ts'
import type { Store } from '../../ports/store.ts'
import { type Call, type Reply, storeOver } from './calls.ts'
import type { CoreOptions } from './core.ts'
import { fromFailure, toFailure } from './failures.ts'
import type { OpenReport } from './recover.ts'
import { compact } from './thread-args.ts'
import type { FromThread, NumberedCall, ToThread } from './thread-messages.ts'
import { closedError, settle, type Waiter } from './waiters.ts'

/** The source runs as TypeScript, the published package as JavaScript. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './thread-entry.ts' : './thread-entry.js',
  import.meta.url,
)

/** The near end of a store that lives in a thread of its own. */
export class ThreadClient {
  readonly #worker: Worker
  readonly #nextTurn: (run: () => void) => void
  readonly #waiters = new Map<number, Waiter>()
  readonly #opened = Promise.withResolvers<OpenReport>()
  readonly #closed = Promise.withResolvers<void>()
  #unsent: NumberedCall[] = []
  #lastNumber = 0
  /** Why no more calls are taken, once that is so. */
  #ended: PosthornError | null = null

  private constructor(options: CoreOptions, nextTurn: (run: () => void) => void, entry: URL) {
    this.#nextTurn = nextTurn
    // The flags of this process are not the thread's: with `--input-type` (node -e) it would not even start.
    this.#worker = new Worker(entry, { workerData: options, name: 'posthorn-store', execArgv: [] })
    this.#worker.on('message', (message: FromThread) => this.#receive(message))
    this.#worker.on('error', (error) => this.#end(lost(error.message)))
    this.#worker.on('exit', (code) => this.#exit(code))
  }

  /** @throws PosthornError what `SqliteCore.open` throws */
  static async open(
    options: CoreOptions,
    nextTurn: (run: () => void) => void,
    entry: URL = ENTRY,
  ): Promise<{ store: Store; report: OpenReport }> {
    const client = new ThreadClient(options, nextTurn, entry)
    const report = await client.#opened.promise
    client.#worker.unref()
    const store = storeOver(
      (call) => client.#send(call),
      () => client.#close(),
    )
    return { store, report }
  }

  #send(call: Call): Promise<unknown> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      // Only while somebody waits does the thread keep the process alive.
      if (this.#waiters.size === 0) this.#worker.ref()
      this.#lastNumber += 1
      this.#waiters.set(this.#lastNumber, { resolve, reject })
      this.#unsent.push({ ...compact(call), number: this.#lastNumber })
      if (this.#unsent.length === 1) this.#nextTurn(() => this.#flush())
    })
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

  #settle(number: number, reply: Reply): void {
    const waiter = this.#waiters.get(number)
    this.#waiters.delete(number)
    if (waiter !== undefined) settle(waiter, reply)
    if (this.#waiters.size === 0) this.#worker.unref()
  }

  #receive(message: FromThread): void {
    if (message.kind === 'opened') this.#opened.resolve(message.report)
    else if (message.kind === 'failed') this.#end(fromFailure(message.failure))
    else if (message.kind === 'replies') {
      for (const [number, reply] of message.replies) this.#settle(number, reply)
    }
  }

  #close(): Promise<void> {
    if (this.#ended === null) {
      this.#worker.ref()
      this.#flush()
      this.#ended = closedError()
      this.#post('close')
    }
    return this.#closed.promise
  }

  #exit(code: number): void {
    this.#end(lost(`exit code ${code}`))
    this.#closed.resolve()
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

function lost(why: string): PosthornError {
  return new PosthornError(
    'store_unavailable',
    `The store's thread ended (${why}). Restart Posthorn; what was accepted is on disk.`,
  )
}
