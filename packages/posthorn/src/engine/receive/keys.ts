import type { FetchKey } from '@posthorn/receiver/providers'
import type { Clock } from '../../ports/clock.ts'
import type { HttpTransport } from '../../ports/transport.ts'

export interface KeysParts {
  readonly transport: HttpTransport
  readonly clock: Clock
  readonly userAgent: string
}

interface Entry {
  readonly found: Promise<Uint8Array>
  /** `elapsed` of the clock. */
  until: number
}

/** Sockets of these requests are shared with no tenant's. */
const ISOLATION = 'keys'
const ENTRIES_MAX = 256
/** A provider may withdraw a certificate: ask again after a day. */
const GOOD_FOR_MS = 86_400_000
/** What could not be fetched is not asked for again at once, or else strangers could make this machine ask and ask. */
const BAD_FOR_MS = 60_000
/** Providers want their answer within 10 s at the most. */
const CONFIRM_TIMEOUT_MS = 5_000

/**
 * What verification and handshakes have to get from a provider, through the guarded transport: no redirects, one
 * deadline, 16 KiB at most. Keys are remembered by URL, failures too, for all inboxes of the process.
 */
export class Keys {
  readonly #parts: KeysParts
  readonly #entries = new Map<string, Entry>()
  readonly #ending = new AbortController()

  constructor(parts: KeysParts) {
    this.#parts = parts
  }

  readonly fetch: FetchKey = (url, { maxBytes, timeoutMs, fresh }) => {
    const now = this.#parts.clock.elapsed()
    const known = this.#entries.get(url)
    if (fresh !== true && known !== undefined && known.until > now) return known.found
    const entry: Entry = { found: this.#get(url, maxBytes, timeoutMs), until: now + GOOD_FOR_MS }
    entry.found.catch(() => {
      entry.until = this.#parts.clock.elapsed() + BAD_FOR_MS
    })
    this.#entries.delete(url)
    this.#entries.set(url, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > ENTRIES_MAX && oldest !== undefined) this.#entries.delete(oldest)
    return entry.found
  }

  /** Calls the URL by which a provider wants to hear that a handshake is confirmed. */
  readonly confirm = async (url: string): Promise<boolean> => {
    const result = await this.#send(url, CONFIRM_TIMEOUT_MS)
    return result.kind === 'response' && result.statusCode >= 200 && result.statusCode < 300
  }

  /** What is on its way is cut off. */
  close(): void {
    this.#ending.abort()
  }

  async #get(url: string, maxBytes: number, timeoutMs: number): Promise<Uint8Array> {
    const result = await this.#send(url, timeoutMs)
    if (result.kind === 'error') throw new Error(`${result.code}: ${result.detail}`)
    if (result.statusCode !== 200) throw new Error(`it was answered ${result.statusCode}`)
    if (result.truncated || result.body.length > maxBytes) throw new Error('the answer is too large')
    return result.body
  }

  #send(url: string, timeoutMs: number) {
    const { transport, userAgent } = this.#parts
    return transport.send({
      ...{ url, method: 'GET', isolation: ISOLATION, timeoutMs, signal: this.#ending.signal },
      headers: [['user-agent', userAgent]],
      body: NOTHING,
    })
  }
}

const NOTHING = new Uint8Array(0)
