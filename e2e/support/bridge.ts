/** A way to a server that a test can cut, and let hang: for its clients the server is gone, or says nothing more. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * Told what a client says, as it says it. @returns null: it goes on; or how many bytes of the server's answer come
 * through before the connection is cut. The server has had all of it, and has done what it was told.
 */
export type Loses = (request: Buffer, connection: object) => number | null

export class Bridge {
  readonly #to: { readonly host: string; readonly port: number }
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #server: Server | null = null
  #port = 0
  #swallowing = false
  #loses: Loses | null = null

  /** @param url whose host and port it leads to */
  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#to = { host: hostname, port: Number(port) }
  }

  /** The same URL, by this way. */
  urlFor(url: string): string {
    const by = new URL(url)
    by.hostname = '127.0.0.1'
    by.port = String(this.#port)
    return by.href
  }

  /** Lets everything through, on the same port each time. */
  async open(): Promise<void> {
    this.#swallowing = false
    if (this.#server !== null) return
    this.#server = createServer((socket) => this.#lead(socket)).listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as { port: number }).port
  }

  /** Nobody is there: connections are refused, those that are open are reset. */
  async shut(): Promise<void> {
    const server = this.#server
    this.#server = null
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy()
    if (server === null) return
    server.close()
    await once(server, 'close')
  }

  /** Connections stay and are taken, and nothing comes through any more, until they are shut. */
  swallow(): void {
    this.#swallowing = true
  }

  /** From now on answers are lost; null: none any more. */
  lose(loses: Loses | null): void {
    this.#loses = loses
  }

  #lead(near: Socket): void {
    const far = connect(this.#to)
    const pair = [near, far] as const
    this.#pairs.add(pair)
    /** Bytes of the answer that still come through; null: all. */
    let left: number | null = null
    near.on('data', (bytes) => {
      left ??= this.#loses?.(bytes, pair) ?? null
      if (!this.#swallowing) far.write(bytes)
    })
    far.on('data', (bytes) => {
      if (this.#swallowing) return
      if (left === null) return void near.write(bytes)
      left -= bytes.length
      if (left > 0) return void near.write(bytes)
      if (left + bytes.length > 0) near.write(bytes.subarray(0, left + bytes.length))
      near.resetAndDestroy()
    })
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('error', () => undefined)
      from.on('close', () => {
        this.#pairs.delete(pair)
        to.destroy()
      })
    }
  }
}
