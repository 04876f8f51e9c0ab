import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Stands between a store and its server, and cuts the line or lets it hang, where a test says so. */
export class Line {
  readonly url: string
  readonly #server: Server
  readonly #sockets: Set<Socket>
  #state: 'open' | 'answers lost' | 'hangs' = 'open'
  /** What of the store's words makes the next answer be lost. */
  #loses: RegExp | null = null

  private constructor(url: string, server: Server, sockets: Set<Socket>) {
    this.url = url
    this.#server = server
    this.#sockets = sockets
  }

  static async start(target: string): Promise<Line> {
    const to = new URL(target)
    const sockets = new Set<Socket>()
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = Object.assign(new URL(target), {
      port: String((server.address() as { port: number }).port),
    }).href
    const line = new Line(url, server, sockets)
    server.on('connection', (near) => line.#join(near, connect(Number(to.port), to.hostname)))
    return line
  }

  /** The server does what it is next told that looks so; nobody hears of it. */
  loseAnswerTo(words: RegExp): void {
    this.#loses = words
  }

  /** Nothing passes, and nobody is told; connections made meanwhile among it. */
  hang(): void {
    this.#state = 'hangs'
  }

  /** What hung is cut; what comes now passes. */
  heal(): void {
    this.#state = 'open'
    this.#loses = null
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(near: Socket, far: Socket): void {
    let lost = false
    for (const socket of [near, far]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
    }
    near.on('data', (chunk) => {
      if (this.#state === 'hangs') return
      if (this.#loses?.test(chunk.toString('latin1'))) {
        this.#loses = null
        lost = true
      }
      far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (this.#state === 'hangs') return
      // The answer is there, so what was asked for is done.
      if (lost) near.destroy()
      else near.write(chunk)
    })
  }
}
