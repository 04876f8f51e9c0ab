/** The API on the real engine and a store in memory, asked without a socket, as a browser asks. */
import type { TestContext } from 'node:test'
import type { LightMyRequestResponse } from 'fastify'
import { type ApiServer, type ApiServerParts, createApiServer } from '../../../src/api/server.ts'
import { type Instance, openInstance } from '../../../src/instance/instance.ts'
import type { Store } from '../../../src/ports/store.ts'
import { openSqliteStore } from '../../../src/storage/sqlite/open.ts'
import { FakeClock } from '../../../src/testing/fake-clock.ts'
import { SeededRandom } from '../../../src/testing/seeded-random.ts'

export const ADMIN_KEY = 'an-admin-key-of-the-tests-0123456789'
const API = '/api/v1/webhooks'
/** What a browser says of a request that one of our pages makes. */
export const OWN_PAGE = { 'posthorn-console': '1', 'sec-fetch-site': 'same-origin' }

export interface Asked {
  readonly headers?: Record<string, string>
  readonly body?: unknown
  readonly payload?: string
  readonly from?: string
}

/** One process. Several may share a store. */
export class Desk {
  readonly instance: Instance
  readonly server: ApiServer
  readonly clock: FakeClock
  readonly store: Store
  readonly log: unknown[]
  /** Every answer: its headers and its body. */
  readonly heard: string[] = []

  constructor(parts: Pick<Desk, 'instance' | 'server' | 'clock' | 'store' | 'log'>) {
    this.instance = parts.instance
    this.server = parts.server
    this.clock = parts.clock
    this.store = parts.store
    this.log = parts.log
  }

  async ask(method: string, path: string, asked: Asked = {}): Promise<LightMyRequestResponse> {
    const payload = asked.payload ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body))
    const response = await this.server.inject({
      method: method as 'GET',
      url: path.startsWith('root:') ? path.slice('root:'.length) : API + path,
      headers: {
        host: 'posthorn.example.com',
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...asked.headers,
      },
      remoteAddress: asked.from ?? '203.0.113.7',
      ...(payload === undefined ? {} : { payload }),
    })
    this.heard.push(JSON.stringify(response.headers) + response.body)
    return response
  }

  /** As who holds a key. */
  async keyed(method: string, path: string, body?: unknown, key = ADMIN_KEY, tenant?: string) {
    const headers = { authorization: `Bearer ${key}`, ...(tenant && { 'posthorn-tenant': tenant }) }
    return await this.ask(method, path, { headers, ...(body === undefined ? {} : { body }) })
  }

  /** @returns `name=value` of the cookie */
  async signIn(key: string, headers: Record<string, string> = OWN_PAGE): Promise<string> {
    const response = await this.ask('POST', '/sessions', { headers, body: { key } })
    if (response.statusCode !== 201) throw new Error(`not signed in: ${response.body}`)
    return cookieOf(response)
  }

  /** As a page of ours does. */
  async paged(cookie: string, method: string, path: string, body?: unknown) {
    return await this.ask(method, path, {
      headers: { ...OWN_PAGE, cookie },
      ...(body === undefined ? {} : { body }),
    })
  }

  /** A tenant with a key of its own. */
  async tenant(slug: string, scope = 'tenant'): Promise<{ key: string; keyId: string }> {
    await this.keyed('POST', '/tenants', { slug })
    const made = await this.keyed('POST', '/keys', { name: `of ${slug}`, scope }, ADMIN_KEY, slug)
    const { key, id } = made.json<{ key: string; id: string }>()
    return { key, keyId: id }
  }
}

export function cookieOf(response: LightMyRequestResponse): string {
  return String(response.headers['set-cookie'] ?? '').split(';', 1)[0] ?? ''
}

interface DeskOptions extends Partial<ApiServerParts> {
  /** Of another desk, with its clock. */
  readonly beside?: Desk
  /** @default that of `beside`, or one in memory */
  readonly store?: Store
  readonly keepAuditMs?: number
  readonly mail?: { readonly url: string; readonly from: string }
}

export async function openDesk(t: TestContext, options: DeskOptions = {}): Promise<Desk> {
  const { beside, store: given, keepAuditMs = 365 * 86_400_000, mail, ...parts } = options
  const clock = beside?.clock ?? new FakeClock()
  const random = new SeededRandom(beside === undefined ? 1 : 2)
  const log: unknown[] = []
  const write = (text: string, fields?: object) => void log.push([text, fields])
  const logger = { info: write, warn: write, error: write }
  const store =
    given ??
    beside?.store ??
    (await openSqliteStore({ dataDir: ':memory:', thread: false, nextTurn: (run) => clock.nextTurn(run) }))
  const instance = await openInstance({
    ...{ store, clock, random, logger, adminKey: ADMIN_KEY, drainMs: 0, keepAuditMs },
    ...{ allowHttp: true, allowNetworks: ['127.0.0.0/8'] },
    secretKey: 'a secret key for these tests only',
    publicUrl: parts.publicUrl ?? null,
    ...(mail === undefined ? {} : { mail }),
  })
  const server = createApiServer({
    ...{ useCases: instance.engine, clock, random, logger, version: '1.2.3' },
    ...{ metrics: () => instance.metrics.scrape(), changes: instance.engine.changes },
    ...parts,
  })
  // The store belongs to the first.
  if (beside === undefined || given !== undefined) t.after(() => instance.close())
  return new Desk({ instance, server, clock, store, log })
}
