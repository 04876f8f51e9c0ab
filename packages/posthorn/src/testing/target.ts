import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { type Answer, type HttpAnswer, isRawAnswer, type Pieces, type RawAnswer } from './target-answers.ts'

export interface TargetOptions {
  /** How requests are answered that `answerNext` says nothing about; default 200 with an empty body. */
  readonly answer?: Answer | Answerer
  /** PEM; with it the target speaks https. */
  readonly tls?: { readonly key: string | Buffer; readonly cert: string | Buffer }
  /** Default: any free one. */
  readonly port?: number
  /** Default `127.0.0.1`. */
  readonly host?: string
}

export type Answerer = (request: RecordedRequest) => Answer | Promise<Answer>

export interface RecordedRequest {
  /** 0 for the first that this target took. */
  readonly index: number
  readonly method: string
  /** Path and query, as on the wire. */
  readonly path: string
  /** Names and values as on the wire, in their order. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Uint8Array
  /** 0 for the first TCP connection. */
  readonly connection: number
  /** The first value of a header, by its name in any case. */
  header(name: string): string | undefined
}

/** @returns a real HTTP server on loopback that records what comes and answers as it is told */
export async function startTarget(options: TargetOptions = {}): Promise<Target> {
  const server = options.tls ? createHttpsServer(options.tls) : createHttpServer()
  const target = new Target(server, options)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  return target
}

interface Waiter {
  readonly ready: () => boolean
  readonly resolve: () => void
}

export class Target {
  readonly requests: RecordedRequest[] = []
  readonly #server: Server
  readonly #secure: boolean
  readonly #sockets = new Map<Socket, number>()
  readonly #queued: Array<Answer | Answerer> = []
  readonly #waiters = new Set<Waiter>()
  #usual: Answer | Answerer
  #taken = 0
  #connections = 0

  /** @see startTarget */
  constructor(server: Server, options: TargetOptions) {
    this.#server = server
    this.#secure = options.tls !== undefined
    this.#usual = options.answer ?? {}
    server.on('connection', (socket: Socket) => this.#onConnection(socket))
    server.on('request', (request, response) => void this.#onRequest(request, response))
    // A client that goes away, or writes what is no request, is no error of the target.
    server.on('clientError', (_error, socket) => socket.destroy())
  }

  /** `http://127.0.0.1:PORT/` */
  get url(): string {
    return this.urlFor(this.#host)
  }

  /** As `url`, by a name that leads here: `target.urlFor('localhost')`. */
  urlFor(host: string, path = '/'): string {
    return `${this.#secure ? 'https' : 'http'}://${host}:${this.port}${path}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** TCP connections taken so far. */
  get connections(): number {
    return this.#connections
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  /** How requests are answered from now on. */
  answer(answer: Answer | Answerer): void {
    this.#usual = answer
  }

  /** How the next requests are answered, one each, before the usual answer. */
  answerNext(...answers: ReadonlyArray<Answer | Answerer>): void {
    this.#queued.push(...answers)
  }

  /** The first request that no earlier `next` has returned; waits for it if need be. */
  async next(): Promise<RecordedRequest> {
    const index = this.#taken
    this.#taken += 1
    return (await this.waitFor(index + 1))[index]!
  }

  /** Resolves when so many requests have come in all. */
  async waitFor(count: number): Promise<readonly RecordedRequest[]> {
    await this.#until(() => this.requests.length >= count)
    return this.requests
  }

  /** Resolves when exactly so many connections are open. */
  async waitForOpen(count: number): Promise<void> {
    await this.#until(() => this.#sockets.size === count)
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  get #host(): string {
    const { address, family } = this.#server.address() as AddressInfo
    return family === 'IPv6' ? `[${address}]` : address
  }

  #until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.add({ ready, resolve }))
  }

  #wakeUp(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.ready()) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  #onConnection(socket: Socket): void {
    this.#sockets.set(socket, this.#connections)
    this.#connections += 1
    this.#wakeUp()
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#wakeUp()
    })
    socket.on('error', () => socket.destroy())
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const recorded = await this.#record(request)
      const answer = this.#queued.shift() ?? this.#usual
      const chosen = typeof answer === 'function' ? await answer(recorded) : answer
      if (isRawAnswer(chosen)) await writeRaw(chosen, request.socket)
      else await writeHttp(chosen, response)
    } catch {
      // The client went away in the middle, or an answer threw: either way there is nobody to answer.
      request.socket.destroy()
    }
  }

  async #record(request: IncomingMessage): Promise<RecordedRequest> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const headers: Array<readonly [string, string]> = []
    for (let at = 0; at < request.rawHeaders.length; at += 2) {
      headers.push([request.rawHeaders[at]!, request.rawHeaders[at + 1]!])
    }
    const recorded: RecordedRequest = {
      index: this.requests.length,
      method: request.method ?? '',
      path: request.url ?? '',
      headers,
      body: Uint8Array.from(Buffer.concat(chunks)),
      connection: this.#numberOf(request.socket),
      header: (name) => headers.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1],
    }
    this.requests.push(recorded)
    this.#wakeUp()
    return recorded
  }

  #numberOf(socket: Socket): number {
    const known = this.#sockets.get(socket)
    // Of https the server hands out the TLS socket; the TCP socket below it was counted.
    if (known === undefined) {
      for (const [raw, number] of this.#sockets) if (raw.remotePort === socket.remotePort) return number
    }
    return known ?? -1
  }
}

async function writeHttp(answer: HttpAnswer, response: ServerResponse): Promise<void> {
  await answer.after
  response.writeHead(answer.status ?? 200, { ...answer.headers })
  if (answer.body === undefined || typeof answer.body === 'string' || answer.body instanceof Uint8Array) {
    response.end(answer.body)
    return
  }
  await pump(answer.body, response)
  response.end()
}

async function writeRaw(answer: RawAnswer, socket: Socket): Promise<void> {
  await pump(answer.raw, socket)
  if (answer.close === 'end') socket.end()
  if (answer.close === 'reset') socket.resetAndDestroy()
}

/** Waits where the other side does not read, and stops when it has gone. */
async function pump(pieces: Pieces, sink: ServerResponse | Socket): Promise<void> {
  for await (const piece of pieces) {
    if (sink.destroyed) return
    if (sink.write(piece)) continue
    await new Promise<void>((resolve) => {
      const leave = () => {
        sink.off('drain', leave).off('close', leave)
        resolve()
      }
      sink.on('drain', leave).on('close', leave)
    })
  }
}
