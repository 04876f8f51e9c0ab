import type { Socket } from 'node:net'
import { Client, type Dispatcher } from 'undici'
import { LIMITS } from '../../domain/limits.ts'
import { isParserError } from './failure.ts'
import type { Link } from './linked-list.ts'
import type { HttpTarget } from './url-rules.ts'

const HEADER_BYTES = 16 * 1024
/** All that one answer may take on the wire: body, headers, and what chunking, 1xx heads and TLS put round them. */
const WIRE_BYTES = LIMITS.responseReadBytes + 4 * HEADER_BYTES
/** undici keeps a socket this much shorter than the target's `Keep-Alive: timeout=N` promises. */
const HINT_MARGIN_MS = 2000

/** A request and what becomes of it. */
export interface Exchange extends Dispatcher.DispatchHandler {
  readonly method: 'POST' | 'GET'
  /** Path and query. */
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly body: Uint8Array
  /** More bytes came than any answer may have. */
  onFlood(): void
  onAbort(): void
}

export interface ConnectionOptions {
  readonly target: HttpTarget
  readonly keepAliveMs: number
  /** @param misbehaved the target sent something while nothing was asked */
  readonly onClosed: (connection: Connection, misbehaved: boolean) => void
}

/**
 * One socket with one undici client, which parses; which socket is used when is decided here and in the lane, so that
 * a request is never queued inside undici, where no deadline could reach it.
 */
export class Connection {
  readonly #socket: Socket
  readonly #client: Client
  readonly #options: ConnectionOptions
  #exchange: Exchange | null = null
  #markBytes = 0
  #closed = false
  /** False until the first request was given to it. */
  used = false
  /** The lane's: between an answer and the next request. */
  resting = false
  /** The pool's: its place among the idle ones. */
  idle: Link<Connection> | null = null

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    // First in line, before undici's own listener: an endless chunk extension never reaches a handler.
    socket.on('readable', () => this.#limitWire())
    let given = false
    this.#client = new Client(options.target.origin, {
      connect: (_options, callback) => {
        if (given) return callback(new Error('a connection is not made twice'), null)
        given = true
        // Not at once: undici, still inside its own resume, would forget the request that waits for the connection.
        queueMicrotask(() => callback(null, socket))
      },
      pipelining: 1,
      maxHeaderSize: HEADER_BYTES,
      keepAliveTimeout: options.keepAliveMs,
      keepAliveMaxTimeout: options.keepAliveMs,
      keepAliveTimeoutThreshold: HINT_MARGIN_MS,
      // Its timers are re-armed by each byte; the attempt's one deadline covers it all.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    // undici tells with the reason, if it ever took the socket; one turn of microtasks later anyone may tell.
    socket.once('close', () => queueMicrotask(() => this.#onClosed(null)))
    this.#client.on('disconnect', (_origin, _targets, error) => this.#onClosed(error))
    this.#client.on('connectionError', (_origin, _targets, error) => this.#onClosed(error))
  }

  /** @param keepAlive false asks the target to close after its answer */
  run(exchange: Exchange, keepAlive: boolean): void {
    this.#exchange = exchange
    this.#markBytes = this.#socket.bytesRead
    this.used = true
    const { method, path, headers } = exchange
    const body = method === 'GET' ? null : exchange.body
    this.#client.dispatch({ method, path, headers, body, ...(keepAlive ? {} : { reset: true }) }, exchange)
  }

  /** The attempt is over and the socket may serve another; what comes before is surplus. */
  rest(): void {
    this.#exchange = null
  }

  /** True when it is open and nothing unasked lies in it. */
  get clean(): boolean {
    return !this.#closed && !this.#socket.destroyed && this.#socket.readableLength === 0
  }

  /** Also ends what is on its way. */
  abort(): void {
    this.#exchange?.onAbort()
    this.destroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #limitWire(): void {
    if (this.#socket.bytesRead - this.#markBytes > WIRE_BYTES) this.#exchange?.onFlood()
  }

  #onClosed(error: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.destroy()
    void this.#client.destroy()
    this.#options.onClosed(this, this.#exchange === null && isSurplus(error))
  }
}

/** While nothing was asked, anything but an end of the connection is an answer to nothing. */
function isSurplus(error: unknown): boolean {
  return isParserError(error) || (error instanceof Error && error.message === 'bad response')
}
