/** HTTP by hand, for what no well-behaved client sends. */
import net from 'node:net'
import type { TestContext } from 'node:test'
import { makeRig, type Rig } from './api.ts'

/** Listens on a free port until the test ends. */
export async function listen(t: TestContext, rig: Rig): Promise<{ url: string; port: number }> {
  const { url } = await rig.server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => rig.server.close())
  return { url, port: Number(new URL(url).port) }
}

export async function listeningRig(t: TestContext, ...args: Parameters<typeof makeRig>) {
  const rig = makeRig(...args)
  return { ...rig, ...(await listen(t, rig)) }
}

export class RawConnection {
  readonly #socket: net.Socket
  #text = ''
  #waiting: Array<() => void> = []
  /** Resolves when the server has ended or reset the connection. */
  readonly closed: Promise<void>

  constructor(port: number) {
    this.#socket = net.connect(port, '127.0.0.1')
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (chunk: string) => {
      this.#text += chunk
      this.#wake()
    })
    this.#socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => {
      this.#socket.on('close', () => {
        resolve()
        this.#wake()
      })
    })
  }

  get text(): string {
    return this.#text
  }

  get open(): boolean {
    return !this.#socket.destroyed
  }

  /** Resolves when the bytes are handed to the system; at once when the connection is gone. */
  async write(text: string): Promise<void> {
    if (this.#socket.destroyed) return
    await new Promise<void>((resolve) => {
      this.#socket.write(text, 'latin1', () => resolve())
      void this.closed.then(resolve)
    })
  }

  /** Waits until the answer holds the text. */
  async until(text: string): Promise<string> {
    while (!this.#text.includes(text)) {
      if (this.#socket.destroyed) throw new Error(`the connection ended before ${text}: ${this.#text}`)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
    return this.#text
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}
