/** The thread in which the store lives: fsync then waits here and not in the event loop that serves requests. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { isWrite, type Reply } from './calls.ts'
import { type CoreOptions, SqliteCore } from './core.ts'
import { toFailure } from './failures.ts'
import type { FromThread, NumberedCall, ToThread } from './thread-messages.ts'

class StoreThread {
  readonly #core: SqliteCore
  readonly #port: MessagePort

  constructor(core: SqliteCore, port: MessagePort) {
    this.#core = core
    this.#port = port
  }

  /** Takes what else has arrived while the last commit ran: all of it shares the next one. */
  receive(first: ToThread): void {
    const calls: NumberedCall[] = []
    let closing = false
    let next: { message: ToThread } | undefined = { message: first }
    while (next !== undefined) {
      if (next.message === 'close') closing = true
      else calls.push(...next.message)
      next = receiveMessageOnPort(this.#port)
    }
    this.#serve(calls)
    if (closing) this.#close()
  }

  #serve(calls: readonly NumberedCall[]): void {
    const writes = calls.filter(isWrite)
    if (writes.length > 0) {
      const replies = this.#core.write(writes)
      this.#reply(writes.map((call, index) => [call.number, replies[index] as Reply]))
    }
    const reads = calls.filter((call) => !isWrite(call))
    if (reads.length > 0) this.#reply(reads.map((call) => [call.number, this.#core.read(call)]))
  }

  #reply(replies: Array<readonly [number, Reply]>): void {
    this.#port.postMessage({ kind: 'replies', replies } satisfies FromThread)
  }

  #close(): void {
    this.#core.close()
    this.#port.close()
  }
}

function begin(port: MessagePort, options: CoreOptions): void {
  const post = (message: FromThread) => port.postMessage(message)
  try {
    const core = SqliteCore.open(options)
    const thread = new StoreThread(core, port)
    port.on('message', (message: ToThread) => thread.receive(message))
    post({ kind: 'opened', report: core.report })
  } catch (error) {
    post({ kind: 'failed', failure: toFailure(error) })
  }
}

if (parentPort !== null) begin(parentPort, workerData as CoreOptions)
