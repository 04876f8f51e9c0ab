import type { Store } from '../../ports/store.ts'
import { type Call, isWrite, type Reply, storeOver } from './calls.ts'
import type { SqliteCore } from './core.ts'
import { TransactionGate } from './transactions/gate.ts'
import { closedError, settle, type Waiter } from './waiters.ts'

interface Pending extends Waiter {
  readonly call: Call
}

/** The store in the caller's own thread: the calls of one turn of the event loop share a commit. */
export class GatheredStore {
  readonly #core: SqliteCore
  readonly #nextTurn: (run: () => void) => void
  readonly #gate = new TransactionGate((call) => this.#gather(call))
  #pending: Pending[] = []
  #closed: Promise<void> | null = null

  constructor(core: SqliteCore, nextTurn: (run: () => void) => void) {
    this.#core = core
    this.#nextTurn = nextTurn
  }

  store(): Store {
    return storeOver(
      (call) => this.#send(call),
      this.#gate,
      () => this.#close(),
    )
  }

  #send(call: Call): Promise<unknown> {
    return this.#closed === null ? this.#gate.send(call) : Promise.reject(closedError())
  }

  #gather(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ call, resolve, reject })
      if (this.#pending.length === 1) this.#nextTurn(() => this.#flush())
    })
  }

  #flush(): void {
    const batch = this.#pending
    this.#pending = []
    const writes = batch.filter(({ call }) => isWrite(call))
    if (writes.length > 0) {
      const replies = this.#core.write(writes.map(({ call }) => call))
      writes.forEach((pending, index) => {
        settle(pending, replies[index] as Reply)
      })
    }
    for (const pending of batch) if (!isWrite(pending.call)) settle(pending, this.#core.read(pending.call))
  }

  #close(): Promise<void> {
    this.#closed ??= this.#closeAll()
    return this.#closed
  }

  async #closeAll(): Promise<void> {
    await this.#gate.close()
    this.#flush()
    this.#core.close()
  }
}
