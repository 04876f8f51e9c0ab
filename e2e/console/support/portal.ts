/** Pages of an application, each on an origin of its own, that have the portal in a frame. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Api } from '../../support/api.ts'

export class HostPage {
  readonly origin: string
  readonly #server: Server
  #framed = ''

  private constructor(server: Server) {
    this.#server = server
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(): Promise<HostPage> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const page = new HostPage(server)
    server.on('request', (request, response) => {
      if (request.url !== '/') return response.writeHead(204).end()
      response.writeHead(200, { 'content-type': 'text/html' }).end(page.#html())
    })
    return page
  }

  /** From now on its frame leads there. */
  show(url: string): void {
    this.#framed = url
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #html(): string {
    const frame = `<iframe title="Webhooks" src="${this.#framed}" width="1200" height="780"></iframe>`
    return `<!doctype html><html lang="en"><title>An application</title><h1>An application</h1>${frame}</html>`
  }
}

/** @returns the link */
export async function portalLink(api: Api, body: object): Promise<string> {
  return (await api.post<{ url: string }>('/portal-sessions', body, 201)).url
}
