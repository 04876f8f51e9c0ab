import type { PreparedKey, ReceiverCrypto } from '../crypto/port.ts'
import { spkiMaterial } from '../crypto/public-keys.ts'
import { parseCertificate } from '../crypto/x509.ts'
import type { Algorithm } from '../schemes/algorithm.ts'
import { quoted, type Refusal, refusal } from '../verify/refusal.ts'

/**
 * Gets what lies at a URL that a request has named and that keeps the provider's rule. It must not follow redirects,
 * must end within `timeoutMs` over everything, and must not read more than `maxBytes`: use a guarded client.
 */
export type FetchKey = (url: string, limits: FetchKeyLimits) => Promise<Uint8Array | string>

export interface FetchKeyLimits {
  readonly maxBytes: number
  readonly timeoutMs: number
}

// A certificate has 2 KB, a chain of four 8 KB. Providers want their answer within 10 s.
const LIMITS: FetchKeyLimits = { maxBytes: 16_384, timeoutMs: 3000 }
const MAX_ENTRIES = 32
const MAX_PENDING = 4
/** A provider may withdraw a certificate: ask again after a day. */
const GOOD_FOR_MS = 86_400_000
/** What could not be fetched is not asked for again at once, or else strangers could make this machine ask and ask. */
const BAD_FOR_MS = 60_000

type Found = { readonly ok: true; readonly key: PreparedKey } | Refusal

interface Entry {
  readonly found: Found
  readonly until: number
}

interface KeyStoreParts {
  readonly fetchKey: FetchKey
  readonly crypto: ReceiverCrypto
  readonly clock: () => number
}

/** Public keys by URL, fetched once: a bounded cache that remembers failures too. */
export class KeyStore {
  readonly #parts: KeyStoreParts
  readonly #entries = new Map<string, Entry>()
  readonly #pending = new Map<string, Promise<Found>>()

  constructor(parts: KeyStoreParts) {
    this.#parts = parts
  }

  /** Never rejects. */
  async get(url: string, algorithm: Algorithm): Promise<Found> {
    const name = `${algorithm} ${url}`
    const entry = this.#entries.get(name)
    if (entry && entry.until > this.#parts.clock()) return entry.found
    const pending = this.#pending.get(name)
    if (pending) return pending
    if (this.#pending.size >= MAX_PENDING)
      return refusal('key_unavailable', `${MAX_PENDING} keys are being fetched already`)
    const fetching = this.#fetch(url, algorithm).then((entry) => this.#keep(name, entry))
    this.#pending.set(name, fetching)
    return fetching
  }

  #keep(name: string, entry: Entry): Found {
    this.#pending.delete(name)
    this.#entries.delete(name)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size >= MAX_ENTRIES && !oldest.done) this.#entries.delete(oldest.value)
    this.#entries.set(name, entry)
    return entry.found
  }

  async #fetch(url: string, algorithm: Algorithm): Promise<Entry> {
    const { fetchKey, crypto, clock } = this.#parts
    const failed = (found: Refusal): Entry => ({ found, until: clock() + BAD_FOR_MS })
    let text: string
    try {
      const answer = await fetchKey(url, LIMITS)
      text = typeof answer === 'string' ? answer : new TextDecoder().decode(answer)
    } catch (error) {
      return failed(refusal('key_unavailable', `${quoted(url)}: ${quoted(String(error))}`))
    }
    if (text.length > LIMITS.maxBytes)
      return failed(refusal('key_refused', `${quoted(url)} has more than ${LIMITS.maxBytes} bytes`))
    const certificate = parseCertificate(text)
    const now = clock()
    if (!certificate) return failed(refusal('key_refused', `${quoted(url)} is no certificate`))
    if (now < certificate.notBefore || now > certificate.notAfter)
      return failed(refusal('key_refused', `the certificate at ${quoted(url)} is not valid now`))
    try {
      const key = crypto.prepareKey(algorithm, spkiMaterial(certificate.spki))
      return { found: { ok: true, key }, until: Math.min(now + GOOD_FOR_MS, certificate.notAfter) }
    } catch (error) {
      return failed(refusal('key_refused', `the certificate at ${quoted(url)}: ${quoted(String(error))}`))
    }
  }
}
