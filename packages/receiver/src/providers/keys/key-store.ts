import type { KeyMaterial, PreparedKey } from '../../crypto/port.ts'
import type { Algorithm } from '../../schemes/algorithm.ts'
import { quoted, type Refusal, refusal } from '../../verify/refusal.ts'
import type { FetchKeyLimits, FoundKeys, KeySource, KeyStoreParts } from './key-source.ts'

// A certificate has 2 KB, a chain of four 8 KB. Providers want their answer within 10 s.
const LIMITS: FetchKeyLimits = { maxBytes: 16_384, timeoutMs: 3000 }
const MAX_ENTRIES = 32
const MAX_PENDING = 4
/** A provider may withdraw a key: ask again after a day. */
const GOOD_FOR_MS = 86_400_000
/** What could not be fetched is not asked for again at once, or else strangers could make this machine ask and ask. */
const BAD_FOR_MS = 60_000

/** What was fetched, read: its keys and until when they hold, or what is wrong with it, as the end of a sentence. */
export type ReadKeys =
  | { readonly keys: readonly KeyMaterial[]; readonly notAfter?: number | undefined }
  | { readonly problem: string }

interface Entry {
  readonly found: FoundKeys
  readonly at: number
  readonly until: number
}

/** Public keys by URL, fetched once: a bounded cache that remembers failures too. */
export class KeyStore implements KeySource {
  readonly #parts: KeyStoreParts
  readonly #read: (text: string, nowMs: number) => ReadKeys
  readonly #entries = new Map<string, Entry>()
  readonly #pending = new Map<string, Promise<FoundKeys>>()

  constructor(parts: KeyStoreParts, read: (text: string, nowMs: number) => ReadKeys) {
    this.#parts = parts
    this.#read = read
  }

  async get(url: string, algorithm: Algorithm): Promise<FoundKeys> {
    const entry = this.#entries.get(nameOf(url, algorithm))
    return entry && entry.until > this.#parts.clock() ? entry.found : this.#fetchOnce(url, algorithm)
  }

  /** Fetches again, at most once a minute: anybody can send a signature that does not fit. */
  async renewed(url: string, algorithm: Algorithm): Promise<FoundKeys | null> {
    const entry = this.#entries.get(nameOf(url, algorithm))
    if (entry && this.#parts.clock() < entry.at + BAD_FOR_MS) return null
    const found = await this.#fetchOnce(url, algorithm, { ...LIMITS, fresh: true })
    // Keys that are there already outlive a failure to ask for newer ones.
    if (!found.ok && entry?.found.ok)
      this.#entries.set(nameOf(url, algorithm), { ...entry, at: this.#parts.clock() })
    return found
  }

  #fetchOnce(url: string, algorithm: Algorithm, limits = LIMITS): Promise<FoundKeys> {
    const name = nameOf(url, algorithm)
    const pending = this.#pending.get(name)
    if (pending) return pending
    if (this.#pending.size >= MAX_PENDING)
      return Promise.resolve(refusal('key_unavailable', `${MAX_PENDING} keys are being fetched already`))
    const fetching = this.#fetch(url, algorithm, limits).then((entry) => this.#keep(name, entry))
    this.#pending.set(name, fetching)
    return fetching
  }

  #keep(name: string, entry: Entry): FoundKeys {
    this.#pending.delete(name)
    this.#entries.delete(name)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size >= MAX_ENTRIES && !oldest.done) this.#entries.delete(oldest.value)
    this.#entries.set(name, entry)
    return entry.found
  }

  async #fetch(url: string, algorithm: Algorithm, limits: FetchKeyLimits): Promise<Entry> {
    const { fetchKey, crypto, clock } = this.#parts
    const failed = (found: Refusal): Entry => ({ found, at: clock(), until: clock() + BAD_FOR_MS })
    let text: string
    try {
      const answer = await fetchKey(url, limits)
      text = typeof answer === 'string' ? answer : new TextDecoder().decode(answer)
    } catch (error) {
      return failed(refusal('key_unavailable', `${quoted(url)}: ${quoted(String(error))}`))
    }
    if (text.length > LIMITS.maxBytes)
      return failed(refusal('key_refused', `${quoted(url)} has more than ${LIMITS.maxBytes} bytes`))
    const now = clock()
    const read = this.#read(text, now)
    if ('problem' in read) return failed(refusal('key_refused', `${quoted(url)} ${read.problem}`))
    try {
      const keys = read.keys.map((material): PreparedKey => crypto.prepareKey(algorithm, material))
      const until = Math.min(now + GOOD_FOR_MS, read.notAfter ?? Number.POSITIVE_INFINITY)
      return { found: { ok: true, keys }, at: now, until }
    } catch (error) {
      return failed(refusal('key_refused', `${quoted(url)}: ${quoted(String(error))}`))
    }
  }
}

function nameOf(url: string, algorithm: Algorithm): string {
  return `${algorithm} ${url}`
}
