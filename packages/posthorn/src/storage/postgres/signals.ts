import type { SubscriptionId, TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Signal, Signals } from '../../ports/signals.ts'
import type { PgClient, PgPool } from './client.ts'

export interface PgSignalsOptions {
  readonly pool: PgPool
  /** Of the store: each has words of its own. */
  readonly schema: string
  readonly clock: Clock
}

/** After what was said, so long nothing more: every NOTIFY takes a lock of the whole server when it commits. */
const REST_MS = 50
const RECONNECT_MS = 1000
/** The server refuses longer ones (8000 bytes). */
const PAYLOAD_CHARS = 7000

/** What a transaction says that is not one of ours: everybody hears it. */
export const DUE_BY_NOBODY = '\ndue'

/**
 * `listen` and `notify`. Listening holds one connection of the pool; when it breaks it is made again, and what was said
 * meanwhile counts as missed. Behind a PgBouncer in transaction mode nothing is heard: processes then see each other's
 * changes when they look for themselves.
 */
export class PgSignals implements Signals {
  readonly #options: PgSignalsOptions
  /** Words. */
  readonly #changed = new Set<string>()
  #due = false
  #resting = false
  #sending: Promise<void> = Promise.resolve()
  #heard: ((signal: Signal) => void) | null = null
  #listener: PgClient | null = null

  constructor(options: PgSignalsOptions) {
    this.#options = options
  }

  changed(tenantId: TenantId | null, subscriptionId: SubscriptionId | null): void {
    this.#changed.add(`changed ${tenantId ?? ''}${subscriptionId === null ? '' : ` ${subscriptionId}`}`)
    this.#send()
  }

  due(): void {
    this.#due = true
    this.#send()
  }

  async start(heard: (signal: Signal) => void): Promise<void> {
    this.#heard = heard
    await this.#listen()
  }

  async stop(): Promise<void> {
    this.#heard = null
    await this.#sending
    await this.#notify()
    const listener = this.#listener
    this.#listener = null
    // Not given back to the pool: it would go on listening.
    listener?.release(true)
  }

  /** At once what comes first; what comes soon after it goes together. */
  #send(): void {
    if (this.#resting) return
    this.#resting = true
    this.#sending = this.#notify()
    this.#options.clock.after(REST_MS, () => {
      void this.#sending.then(() => {
        this.#resting = false
        if (this.#due || this.#changed.size > 0) this.#send()
      })
    })
  }

  /** Never rejects: a word that is lost is late by a poll. */
  async #notify(): Promise<void> {
    const words = [...(this.#due ? ['due'] : []), ...this.#changed]
    this.#due = false
    this.#changed.clear()
    if (words.length === 0) return
    const values = [this.#channel, payloads(this.#self, words)]
    let client: PgClient | null = null
    try {
      client = await this.#options.pool.connect()
      await client.query({ text: 'select pg_notify($1, w) from unnest($2::text[]) w', values })
      client.release()
    } catch {
      client?.release(true)
    }
  }

  async #listen(): Promise<void> {
    const { pool, clock } = this.#options
    try {
      const client = await pool.connect()
      client.on('notification', (message) => this.#hear((message as { payload?: string }).payload ?? ''))
      client.on('error', () => this.#lost(client))
      client.on('end', () => this.#lost(client))
      this.#listener = client
      await client.query({ text: `listen ${this.#channel}` })
      if (this.#heard === null) await this.stop()
    } catch {
      this.#listener?.release(true)
      this.#listener = null
      if (this.#heard !== null) clock.after(RECONNECT_MS, () => void this.#relisten())
    }
  }

  async #relisten(): Promise<void> {
    if (this.#heard === null || this.#listener !== null) return
    await this.#listen()
    if (this.#listener !== null) this.#heard?.({ kind: 'missed' })
  }

  #lost(client: PgClient): void {
    if (this.#listener !== client) return
    this.#listener = null
    client.release(true)
    if (this.#heard !== null) this.#options.clock.after(RECONNECT_MS, () => void this.#relisten())
  }

  #hear(payload: string): void {
    const [sender, ...words] = payload.split('\n')
    if (sender !== '' && sender === this.#self) return
    for (const word of words) {
      if (word === 'due') this.#heard?.({ kind: 'due' })
      else if (word.startsWith('changed ')) {
        const [, tenant = '', subscription = ''] = word.split(' ')
        const tenantId = tenant === '' ? null : (tenant as TenantId)
        const subscriptionId = subscription === '' ? null : (subscription as SubscriptionId)
        this.#heard?.({ kind: 'changed', tenantId, subscriptionId })
      }
    }
  }

  /** The number of the connection that listens: no two have the same. '' while there is none: then nobody hears it twice. */
  get #self(): string {
    return String(this.#listener?.processID ?? '')
  }

  get #channel(): string {
    return `${this.#options.schema}_signals`
  }
}

function payloads(sender: string, words: readonly string[]): string[] {
  const payloads: string[] = []
  for (const word of words) {
    const last = payloads.length - 1
    const joined = last < 0 ? PAYLOAD_CHARS : (payloads[last]?.length ?? 0) + word.length + 1
    if (joined >= PAYLOAD_CHARS) payloads.push(`${sender}\n${word}`)
    else payloads[last] += `\n${word}`
  }
  return payloads
}
