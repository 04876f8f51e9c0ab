import type { Clock } from '../../ports/clock.ts'
import type { Signal, Signals } from '../../ports/signals.ts'
import type { PgClient, PgPool } from './session.ts'

export interface PgSignalsOptions {
  readonly pool: PgPool
  /** Of the store: each has words of its own. */
  readonly schema: string
  readonly clock: Clock
}

/** Words that come together go together: every NOTIFY takes a lock of the whole server when it commits. */
const GATHER_MS = 20
const RECONNECT_MS = 1000
/** The server refuses longer ones (8000 bytes). */
const PAYLOAD_CHARS = 7000

/**
 * `listen` and `notify`. Listening holds one connection of the pool; when it breaks it is made again, and what was said
 * meanwhile counts as missed. Behind a PgBouncer in transaction mode nothing is heard: processes then see each other's
 * changes when they look for themselves.
 */
export class PgSignals implements Signals {
  readonly #options: PgSignalsOptions
  readonly #changed = new Set<string>()
  #due = false
  #sending = false
  #heard: ((signal: Signal) => void) | null = null
  #listener: PgClient | null = null

  constructor(options: PgSignalsOptions) {
    this.#options = options
  }

  changed(tenantId: string): void {
    this.#changed.add(tenantId)
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
    const listener = this.#listener
    this.#listener = null
    // Not given back to the pool: it would go on listening.
    listener?.release(true)
  }

  #send(): void {
    if (this.#sending) return
    this.#sending = true
    this.#options.clock.after(GATHER_MS, () => {
      this.#sending = false
      void this.#notify().catch(() => undefined)
    })
  }

  async #notify(): Promise<void> {
    const words = [...(this.#due ? ['due'] : []), ...[...this.#changed].map((id) => `changed ${id}`)]
    this.#due = false
    this.#changed.clear()
    const client = await this.#options.pool.connect()
    try {
      for (const payload of payloads(words))
        await client.query({ text: 'select pg_notify($1, $2)', values: [this.#channel, payload] })
      client.release()
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async #listen(): Promise<void> {
    const { pool, clock } = this.#options
    try {
      const client = await pool.connect()
      client.on('notification', ({ payload }) => this.#hear(payload ?? ''))
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
    for (const word of payload.split('\n')) {
      if (word === 'due') this.#heard?.({ kind: 'due' })
      else if (word.startsWith('changed '))
        this.#heard?.({ kind: 'changed', tenantId: word.slice('changed '.length) })
    }
  }

  get #channel(): string {
    return `${this.#options.schema}_signals`
  }
}

function payloads(words: readonly string[]): string[] {
  const payloads: string[] = []
  for (const word of words) {
    const last = payloads.length - 1
    const joined = last < 0 ? word : `${payloads[last]}\n${word}`
    if (last < 0 || joined.length > PAYLOAD_CHARS) payloads.push(word)
    else payloads[last] = joined
  }
  return payloads
}
