/** https in front of a plain server, as a reverse proxy has it, and pages of other sites. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'

const FILES = new URL('../../../packages/posthorn/test/fixtures/tls/', import.meta.url)
// Nobody trusts it: the browser is told to.
const TLS = {
  key: readFileSync(new URL('self-signed.key', FILES)),
  cert: readFileSync(new URL('self-signed.pem', FILES)),
}

export class HttpsSite {
  readonly #server: Server
  readonly port: number
  /** Where it hands requests on to; or the page that it shows. */
  behind: URL | null = null
  page = ''

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('request', (asked, answer) => {
      if (this.behind === null)
        return answer.writeHead(200, { 'content-type': 'text/html' }).end(asked.url === '/' ? this.page : '')
      const headers = {
        ...asked.headers,
        'x-forwarded-proto': 'https',
        'x-forwarded-for': asked.socket.remoteAddress ?? '',
      }
      const { hostname, port } = this.behind
      const handed = request({
        hostname,
        port,
        path: asked.url ?? '/',
        method: asked.method ?? 'GET',
        headers,
      })
      handed.on('response', (from) => {
        answer.writeHead(from.statusCode ?? 502, from.rawHeaders)
        from.pipe(answer)
      })
      handed.on('error', () => answer.destroy())
      answer.on('close', () => handed.destroy())
      asked.pipe(handed)
    })
  }

  static async start(): Promise<HttpsSite> {
    const server = createServer(TLS)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new HttpsSite(server)
  }

  /** @param host any name: the browser takes all of them to this machine */
  at(host: string): string {
    return `https://${host}:${this.port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
