/** The HTTP API as a server. */
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyPluginCallback, InjectOptions, LightMyRequestResponse } from 'fastify'
import { PosthornError } from '../domain/error.ts'
import { Intake } from '../engine/intake.ts'
import type { Changes } from '../engine/peers/changes.ts'
import { AddressList } from '../engine/receive/address-list.ts'
import type { UseCases } from '../engine/use-cases.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Random } from '../ports/random.ts'
import { openApiDocument } from './contract/openapi.ts'
import { makeApp } from './http/app.ts'
import { Authenticator } from './http/auth.ts'
import { registerConsole } from './http/console.ts'
import { LiveStreams } from './http/live-streams.ts'
import { Origin } from './http/origin.ts'
import { registerPages } from './http/pages.ts'
import { registerPortal } from './http/portal.ts'
import { registerQueuesPage } from './http/queues-page.ts'
import type { RequestLimit } from './http/rate-limit.ts'
import { Validator } from './http/validation.ts'
import { makeHandlers } from './routes/index.ts'

export interface ApiServerParts {
  readonly useCases: UseCases
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The metrics in the Prometheus text format. */
  readonly metrics: () => Promise<string>
  /** Of Posthorn, shown by `/healthz` and in the contract. */
  readonly version: string
  /** How many bytes of requests may be in this process. @default no bound */
  readonly intake?: Intake
  /** Requests a key may make in a window. @default null: no limit */
  readonly requestLimit?: RequestLimit | null
  /** Networks of the proxies whose word on who sent a request is believed. @default none */
  readonly trustedProxies?: readonly string[]
  /** Where the world reaches this server, for `ingest_url`. @default null: as the caller calls it */
  readonly publicUrl?: string | null
  /** Pages about the queue, for admins, to be served at `/queues`. @default none */
  readonly queuesPage?: FastifyPluginCallback
  /** The built console, with its `index.html`. @default null: a page that says how to build it */
  readonly consoleFolder?: string | null
  /** Origins of the pages that may have the portal in a frame. @default none */
  readonly portalOrigins?: readonly string[]
  /** Serve only `/healthz`, `/readyz` and `/metrics`. @default false */
  readonly probesOnly?: boolean
  /**
   * Opens a session with this key for a page that gives none, on the loopback interface: for development.
   * @default null: nobody is signed in without a key
   */
  readonly openWithKey?: string | null
  /** Tells of changes that other processes made: keys and tenants are forgotten then. Default: they end by their age. */
  readonly changes?: Pick<Changes, 'listen'>
}

export interface Listening {
  /** `http://HOST:PORT`, with the port that was chosen for port 0. */
  readonly url: string
}

/** How long a request may be on its way on a connection that nothing has come on yet. */
const UNUSED_MS = 500

/** Made, listening, closed: once each. */
export class ApiServer {
  readonly #app: FastifyInstance
  readonly #clock: Clock
  readonly #routes: string[] = []
  readonly #streams: LiveStreams
  readonly #connections = new Set<Socket>()
  #closing: Promise<void> | null = null

  constructor(parts: ApiServerParts) {
    const { useCases, clock, random, logger, metrics, version, intake = unbounded(clock) } = parts
    const document = openApiDocument(version)
    const text = JSON.stringify(document)
    const trusted = new AddressList(parts.trustedProxies ?? [])
    this.#streams = new LiveStreams(useCases.sessions, clock)
    const tools = {
      useCases,
      metrics,
      version,
      validator: new Validator(),
      authenticator: new Authenticator(useCases, clock),
      openApi: () => text,
      origin: new Origin(parts.publicUrl ?? null, trusted),
      log: logger,
      streams: this.#streams,
      clock,
      openWithKey: parts.openWithKey ?? null,
    }
    this.#clock = clock
    const closing = () => this.#closing !== null
    const requestLimit = parts.requestLimit ?? null
    const handlers = makeHandlers(tools)
    const probesOnly = parts.probesOnly ?? false
    parts.changes?.listen(({ own, subscription }) => {
      // Neither a key nor a tenant: of 100,000 subscriptions one is changed all the time.
      if (own || subscription !== null) return
      tools.authenticator.forget()
      void this.#streams.check()
    })
    const portalOrigins = parts.portalOrigins ?? []
    this.#app = makeApp({
      ...{ tools, handlers, random, logger, closing },
      ...{ intake, requestLimit, trusted, probesOnly, portalOrigins },
    })
    this.#app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) this.#routes.push(`${one} ${url}`)
    })
    if (probesOnly) return
    this.#app.register((pages) => registerPages(pages, document))
    registerConsole(this.#app, parts.consoleFolder ?? null)
    registerPortal(this.#app, tools, portalOrigins)
    const { queuesPage } = parts
    if (queuesPage !== undefined) this.#app.register((pages) => registerQueuesPage(pages, queuesPage, tools))
  }

  /**
   * @param at port 0: any free one
   * @throws PosthornError config_invalid when the address cannot be taken
   */
  async listen(at: { readonly host: string; readonly port: number }): Promise<Listening> {
    this.#app.server.on('connection', (connection: Socket) => {
      this.#connections.add(connection)
      connection.once('close', () => this.#connections.delete(connection))
    })
    try {
      await this.#app.listen(at)
    } catch (error) {
      throw refusedAddress(error, at)
    }
    const { port } = this.#app.server.address() as { port: number }
    const host = at.host.includes(':') ? `[${at.host}]` : at.host
    return { url: `http://${host}:${port}` }
  }

  /**
   * Takes no more connections, answers new requests on open ones with 503, lets running ones finish, and ends the
   * connections then. Any number of times, before or after `listen`.
   * @param graceMs connections that are still open after it are cut; default 10 s
   */
  async close(graceMs = 10_000): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    await this.#closing
  }

  /** A request without a socket, for tests. */
  async inject(options: InjectOptions): Promise<LightMyRequestResponse> {
    return await this.#app.inject(options)
  }

  /** Streams of news that are open; for tests. */
  get streams(): number {
    return this.#streams.size
  }

  /** `METHOD /path` of everything that is served, once it is ready; for tests. */
  routes(): readonly string[] {
    return this.#routes
  }

  async #close(graceMs: number): Promise<void> {
    const cut = this.#clock.after(graceMs, () => this.#app.server.closeAllConnections())
    const cutUnused = this.#clock.after(Math.min(graceMs, UNUSED_MS), () => this.#endUnused())
    this.#streams.end()
    try {
      await this.#app.close()
    } finally {
      cut.cancel()
      cutUnused.cancel()
    }
  }

  /** Browsers open connections that they may need soon. Node counts those as running requests. */
  #endUnused(): void {
    for (const connection of this.#connections) if (connection.bytesRead === 0) connection.destroy()
  }
}

function unbounded(clock: Clock): Intake {
  return new Intake({ maxBytes: Number.POSITIVE_INFINITY, clock, telemetry: { record: () => undefined } })
}

export function createApiServer(parts: ApiServerParts): ApiServer {
  return new ApiServer(parts)
}

function refusedAddress(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = REASONS.get(code)
  if (why === undefined) return error
  return new PosthornError('config_invalid', `Cannot listen on ${host}:${port}: ${why}.`, { cause: error })
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'another process listens there; give another --port, or 0 for any free one'],
  ['EADDRNOTAVAIL', 'this machine has no such address; give another --host'],
  ['EACCES', 'the port may not be opened by this user; give one from 1024 on'],
  ['ENOTFOUND', 'the host name is not known; give an address'],
  ['ERR_SOCKET_BAD_PORT', 'the port must be 0 to 65535'],
])
