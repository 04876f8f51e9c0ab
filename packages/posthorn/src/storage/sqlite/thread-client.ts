import type { Store } from '../../ports/store.ts'
import { type Call, isList, storeOver } from './calls.ts'
import type { CoreOptions } from './core.ts'
import { IN_MEMORY } from './database.ts'
import type { OpenReport } from './recover.ts'
import { THREAD_ENTRY, ThreadLink } from './thread-link.ts'
import { TransactionGate } from './transactions/gate.ts'
import { closedError } from './waiters.ts'

/** A store in a thread of its own, and its lists in another one, which starts when the first list is asked for. */
export class ThreadClient {
  readonly #dataDir: string
  readonly #nextTurn: (run: () => void) => void
  readonly #store: ThreadLink
  readonly #gate: TransactionGate
  #reader: ThreadLink | null = null
  #closed: Promise<void> | null = null

  private constructor(options: CoreOptions, nextTurn: (run: () => void) => void, entry: URL) {
    this.#dataDir = options.dataDir
    this.#nextTurn = nextTurn
    this.#store = new ThreadLink({ role: 'store', ...options }, nextTurn, entry)
    this.#gate = new TransactionGate((call) => this.#store.send(call))
  }

  /** @throws PosthornError what `SqliteCore.open` throws */
  static async open(
    options: CoreOptions,
    nextTurn: (run: () => void) => void,
    entry: URL = THREAD_ENTRY,
  ): Promise<{ store: Store; report: OpenReport }> {
    const client = new ThreadClient(options, nextTurn, entry)
    const report = (await client.#store.opened()) as OpenReport
    const store = storeOver(
      (call) => client.#send(call),
      client.#gate,
      () => client.#close(),
    )
    return { store, report }
  }

  #send(call: Call): Promise<unknown> {
    if (this.#closed !== null) return Promise.reject(closedError())
    if (!isList(call) || this.#dataDir === IN_MEMORY) return this.#gate.send(call)
    // One that died (out of memory over a huge answer) is replaced; who waited for it was told.
    if (this.#reader === null || this.#reader.ended)
      this.#reader = new ThreadLink({ role: 'reader', dataDir: this.#dataDir }, this.#nextTurn)
    return this.#reader.send(call)
  }

  #close(): Promise<void> {
    this.#closed ??= this.#closeBoth()
    return this.#closed
  }

  /** The store last: the last connection to close folds the journal into the file. */
  async #closeBoth(): Promise<void> {
    await this.#gate.close()
    await this.#reader?.close()
    await this.#store.close()
  }
}
