/**
 * The calls of the console without its pictures: what a server notices of an open page, and nothing of what a browser
 * costs beside it. Played after `data/live.ts`, `data/feed.ts` and `data/queries.ts` of the console.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Rig } from '../rig.ts'

/** As the page has them. */
const GATHER_MS = 150
const MANY = 100
const POLL_MS = 30_000
const SUMS_MS = 2_000

export interface TabKind {
  readonly topics: string
  /** Asked when it opens, and again every 30 s. */
  readonly asks: readonly string[]
  /** Asked with the sums when more rows came at once than are told. */
  readonly rows: readonly string[]
  /** Asked again every two seconds while deliveries come. */
  readonly sums: readonly string[]
}

const LIST = '/deliveries?limit=100'
const NAMES = '/subscriptions?limit=250'

export const OVERVIEW_TAB: TabKind = {
  topics: 'deliveries,events,overview,changes',
  asks: ['/overview?window_s=3600'],
  rows: [],
  sums: [],
}
export const FEED_TAB: TabKind = {
  topics: 'deliveries,events,changes',
  asks: [LIST, NAMES],
  rows: [LIST],
  sums: [NAMES],
}

/** One tab that is seen. */
export class HeadlessTab {
  readonly #rig: Rig
  readonly #kind: TabKind
  readonly #cookie: string
  readonly #stopped = new AbortController()
  readonly #running: Promise<unknown>[] = []
  #waiting = 0
  #gathering = false
  #summing = false
  #behind = false
  readonly #heard = Promise.withResolvers<void>()

  private constructor(rig: Rig, kind: TabKind, cookie: string) {
    this.#rig = rig
    this.#kind = kind
    this.#cookie = cookie
  }

  /** Once its stream is open and its first questions are answered. */
  static async open(rig: Rig, kind: TabKind, cookie: string): Promise<HeadlessTab> {
    const tab = new HeadlessTab(rig, kind, cookie)
    await tab.#ask('/sessions/current')
    await tab.#ask('/tenants?limit=1')
    await Promise.all(['/tenants?limit=100', ...kind.asks].map((path) => tab.#ask(path)))
    const stream = await tab.#fetch(`/live?topics=${kind.topics}`)
    tab.#running.push(tab.#listen(stream), tab.#poll())
    // What was answered before the stream may be old by then.
    await Promise.all(kind.asks.map((path) => tab.#ask(path)))
    return tab
  }

  /** Has been told something. */
  get heard(): Promise<void> {
    return this.#heard.promise
  }

  async close(): Promise<void> {
    this.#stopped.abort()
    await Promise.allSettled(this.#running)
  }

  async #listen(stream: Response): Promise<void> {
    const text = new TextDecoder()
    let rest = ''
    for await (const chunk of stream.body ?? []) {
      const parts = (rest + text.decode(chunk, { stream: true })).split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) this.#take(part)
    }
  }

  #take(part: string): void {
    const [, event] = /^event: (\w+)$/m.exec(part) ?? []
    if (event === undefined) return
    JSON.parse(part.slice(part.indexOf('data: ') + 6))
    this.#heard.resolve()
    if (event !== 'delivery') return
    this.#waiting += 1
    if (!this.#gathering) this.#after(GATHER_MS, () => this.#flush())
    this.#gathering = true
  }

  async #flush(): Promise<void> {
    const { rows, sums } = this.#kind
    this.#behind ||= this.#waiting >= MANY
    this.#waiting = 0
    this.#gathering = false
    if (this.#summing || rows.length + sums.length === 0) return
    this.#summing = true
    this.#after(SUMS_MS, async () => {
      const asked = [...sums, ...(this.#behind ? rows : [])]
      this.#behind = false
      await Promise.all(asked.map((path) => this.#ask(path)))
      this.#summing = false
    })
  }

  #after(ms: number, run: () => Promise<unknown>): void {
    this.#running.push(pause(ms, null, { signal: this.#stopped.signal }).then(run))
  }

  async #poll(): Promise<void> {
    for (;;) {
      await pause(POLL_MS, null, { signal: this.#stopped.signal })
      await Promise.all(this.#kind.asks.map((path) => this.#ask(path)))
    }
  }

  async #ask(path: string): Promise<void> {
    await (await this.#fetch(path)).json()
  }

  async #fetch(path: string): Promise<Response> {
    const headers = { cookie: this.#cookie, 'posthorn-console': '1', 'posthorn-tenant': 'default' }
    const response = await fetch(this.#rig.urlOf(path), { headers, signal: this.#stopped.signal })
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`)
    return response
  }
}
