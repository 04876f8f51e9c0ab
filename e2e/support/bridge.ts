/** A way to a server that a test can cut, and let hang: for its clients the server is gone, or says nothing more. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Bridge {
  readonly #to: { readonly host: string; readonly port: number }
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  #server: Server | null = null
  #port = 0
  #swallowing = false

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

  #lead(near: Socket): void {
    const far = connect(this.#to)
    const pair = [near, far] as const
    this.#pairs.add(pair)
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on('data', (bytes) => this.#swallowing || to.write(bytes))
      from.on('error', () => undefined)
      from.on('close', () => {
        this.#pairs.delete(pair)
        to.destroy()
      })
    }
  }
}
