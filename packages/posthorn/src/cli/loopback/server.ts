import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LIMITS } from '../../domain/limits.ts'
import { CliError } from '../exit.ts'

/** A request, whole. */
export interface LocalRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** As on the wire, in their order. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Buffer
}

export interface LocalAnswer {
  readonly status: number
  readonly contentType?: string
  readonly body?: string | Uint8Array
}

/** Of a request whose body is larger than any event can be. */
const BODY_MAX = 2 * LIMITS.eventDataBytes

/** A small HTTP server on this machine that hands over whole requests. */
export class LoopbackServer {
  readonly #server: Server
  readonly #host: string

  private constructor(server: Server, host: string) {
    this.#server = server
    this.#host = host
  }

  /** @param port 0: any free one. @throws CliError `busy` when it is taken */
  static async start(
    answer: (request: LocalRequest) => Promise<LocalAnswer> | LocalAnswer,
    { host = '127.0.0.1', port = 0 }: { host?: string; port?: number } = {},
  ): Promise<LoopbackServer> {
    const server = createServer((request, response) => void serve(request, response, answer))
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'EADDRINUSE'
            ? new CliError('busy', `Port ${port} of ${host} is taken by another process; name another one.`)
            : error,
        ),
      )
      server.listen(port, host, resolve)
    })
    return new LoopbackServer(server, host)
  }

  /** Without a path. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${port}`
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: LocalRequest) => Promise<LocalAnswer> | LocalAnswer,
): Promise<void> {
  try {
    const body = await readBody(request)
    const { rawHeaders, method = '', url = '/' } = request
    const headers = rawHeaders.flatMap((name, index) =>
      index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ''] as const] : [],
    )
    send(response, body === null ? { status: 413 } : await answer({ method, path: url, headers, body }))
  } catch {
    // The caller went away in the middle of his body; nobody is left to answer.
    response.destroy()
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= BODY_MAX) chunks.push(chunk)
  }
  return bytes > BODY_MAX ? null : Buffer.concat(chunks)
}

function send(response: ServerResponse, { status, contentType, body = '' }: LocalAnswer): void {
  response.writeHead(status, contentType === undefined ? {} : { 'content-type': contentType }).end(body)
}
