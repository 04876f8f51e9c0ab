/**
 * The thread in which the store lives, so that fsync waits here and not in the event loop that serves requests; and, in
 * another role, the one that answers lists.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type Call, isWrite, type Reply } from './calls.ts'
import { SqliteCore } from './core.ts'
import { toFailure } from './failures.ts'
import { SqliteReader } from './reader.ts'
import { unpacked } from './thread-args.ts'
import type { FromThread, NumberedCall, ThreadRole, ToThread } from './thread-messages.ts'

/** A core or a reader. */
interface Served {
  write?(calls: readonly Call[]): Reply[]
  read(call: Call): Reply
  close(): void
}

class ThreadServer {
  readonly #served: Served
  readonly #port: MessagePort

  constructor(served: Served, port: MessagePort) {
    this.#served = served
    this.#port = port
  }

  /** Takes what else has arrived while the last commit ran: all of it shares the next one. */
  receive(first: ToThread): void {
    const calls: NumberedCall[] = []
    let closing = false
    let next: { message: ToThread } | undefined = { message: first }
    while (next !== undefined) {
      if (next.message === 'close') closing = true
      else for (const call of next.message) calls.push(unpacked(call))
      next = receiveMessageOnPort(this.#port)
    }
    this.#serve(calls)
    if (closing) this.#close()
  }

  #serve(calls: readonly NumberedCall[]): void {
    const writes = calls.filter(isWrite)
    if (writes.length > 0) {
      const replies = this.#served.write?.(writes) ?? []
      this.#reply(writes.map((call, index) => [call.number, replies[index] as Reply]))
    }
    const reads = calls.filter((call) => !isWrite(call))
    if (reads.length > 0) this.#reply(reads.map((call) => [call.number, this.#served.read(call)]))
  }

  #reply(replies: Array<readonly [number, Reply]>): void {
    this.#port.postMessage({ kind: 'replies', replies } satisfies FromThread)
  }

  #close(): void {
    this.#served.close()
    this.#port.close()
  }
}

function begin(port: MessagePort, role: ThreadRole): void {
  const post = (message: FromThread) => port.postMessage(message)
  try {
    const served = role.role === 'store' ? SqliteCore.open(role) : new SqliteReader(role.dataDir)
    const server = new ThreadServer(served, port)
    port.on('message', (message: ToThread) => server.receive(message))
    post({ kind: 'opened', report: served instanceof SqliteCore ? served.report : null })
  } catch (error) {
    post({ kind: 'failed', failure: toFailure(error) })
  }
}

if (parentPort !== null) begin(parentPort, workerData as ThreadRole)
