/** A connection to a server that can be cut: a relay on a port of its own. */
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

export class Cable {
  readonly #to: { readonly host: string; readonly port: number }
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null
  #port = 0

  private constructor(to: { host: string; port: number }) {
    this.#to = to
  }

  /** @param url of the server */
  static async to(url: string): Promise<Cable> {
    const { hostname, port } = new URL(url)
    const cable = new Cable({ host: hostname, port: Number(port) })
    await cable.mend()
    return cable
  }

  /** The same URL, through this cable. */
  through(url: string): string {
    const changed = new URL(url)
    changed.hostname = '127.0.0.1'
    changed.port = String(this.#port)
    return changed.href
  }

  /** What is open breaks, what is new is refused. */
  async cut(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (server === null) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async mend(): Promise<void> {
    if (this.#server !== null) return
    const server = createServer((near) => {
      const far = connect(this.#to)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => undefined)
        one.on('close', () => {
          this.#sockets.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as { port: number }).port
    this.#server = server
  }
}
