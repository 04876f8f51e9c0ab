import type { ReceiverCrypto } from '../crypto/port.ts'
import type { FetchKey } from '../providers/keys/key-source.ts'
import type { Provider } from '../providers/provider.ts'
import { createProviderReceiver } from '../providers/receiver.ts'
import type { ProviderSettings } from '../providers/settings.ts'
import { createReceiver, wallClock } from '../receiver.ts'
import type { SignatureScheme } from '../schemes/scheme.ts'
import type { VerifyRequest } from '../verify/result.ts'
import { stampOf } from './stamp.ts'

/** Whose request it should be: a provider or a scheme. */
export interface Subject {
  readonly provider?: Provider | undefined
  readonly scheme?: SignatureScheme | undefined
  readonly secrets: readonly string[]
  readonly settings?: ProviderSettings | undefined
  readonly fetchKey?: FetchKey | undefined
  readonly toleranceS?: number | undefined
  readonly crypto?: ReceiverCrypto | undefined
  readonly clock?: (() => number) | undefined
}

/** What is supposed to have been otherwise. */
export interface Change {
  readonly request?: Partial<VerifyRequest> | undefined
  readonly scheme?: Partial<SignatureScheme> | undefined
  readonly secrets?: readonly string[] | undefined
  /** Another scheme altogether. */
  readonly instead?: SignatureScheme | Provider | undefined
}

// A guess hashes the whole body: 48 MiB are done in about 0.2 s.
const MAX_TRIES = 400
const MAX_SECRETS = 8
const MAX_KEYS = 2
const MAX_HASHED_BYTES = 48 * 1_048_576
/** The most that a receiver allows. */
const DAY_S = 86_400

/** Verifies the request under changed conditions, as often as the budget allows, and whatever its time stamp says. */
export class Trial {
  readonly #subject: Subject
  readonly #request: VerifyRequest
  readonly #fetched = new Map<string, ReturnType<FetchKey>>()
  #tries = 0
  #hashed = 0

  constructor(subject: Subject, request: VerifyRequest) {
    this.#subject = subject
    this.#request = request
  }

  get scheme(): SignatureScheme | undefined {
    return this.#subject.provider?.scheme ?? this.#subject.scheme
  }

  get exhausted(): boolean {
    return this.#tries >= MAX_TRIES || this.#hashed >= MAX_HASHED_BYTES
  }

  /** As the receiver would do it: its own clock and tolerance. */
  fitsNow(): Promise<boolean> {
    const { toleranceS, clock = wallClock } = this.#subject
    return this.#verify({}, clock(), toleranceS)
  }

  /** At the instant of its own time stamp. */
  fits(change: Change): Promise<boolean> {
    const { clock = wallClock } = this.#subject
    const scheme = change.instead ? schemeOf(change.instead) : this.#changed(change)
    const stamp = scheme && stampOf(scheme, { ...this.#request, ...change.request })
    return this.#verify(change, stamp ?? clock(), scheme?.timestamp ? DAY_S : undefined)
  }

  #changed({ scheme }: Change): SignatureScheme | undefined {
    return this.scheme && { ...this.scheme, ...scheme }
  }

  async #verify(change: Change, nowMs: number, toleranceS: number | undefined): Promise<boolean> {
    if (this.exhausted) return false
    const request = { ...this.#request, ...change.request }
    this.#tries++
    this.#hashed += request.body.length * Math.max(1, this.#secrets(change).length)
    try {
      return (await this.#receiver(change, nowMs, toleranceS).verify(request)).ok
    } catch {
      // A secret or a scheme that cannot even be tried.
      return false
    }
  }

  /** Every guess makes a receiver of its own; the network is asked once for all of them. */
  #fetchOnce(fetchKey: FetchKey, ...[url, limits]: Parameters<FetchKey>): ReturnType<FetchKey> {
    const before = this.#fetched.get(url)
    if (before) return before
    if (this.#fetched.size >= MAX_KEYS) return Promise.reject(new Error('too many keys for one explanation'))
    const fetched = fetchKey(url, limits)
    this.#fetched.set(url, fetched)
    return fetched
  }

  #secrets(change: Change): readonly string[] {
    return (change.secrets ?? this.#subject.secrets).slice(0, MAX_SECRETS)
  }

  #receiver(change: Change, nowMs: number, toleranceS: number | undefined) {
    const { provider, settings, crypto } = this.#subject
    const fetchKey = this.#subject.fetchKey && this.#fetchOnce.bind(this, this.#subject.fetchKey)
    const secrets = this.#secrets(change)
    const common = { secrets, crypto, toleranceS, clock: () => nowMs }
    const { instead } = change
    if (instead && 'algorithm' in instead) return createReceiver({ ...common, scheme: instead })
    const scheme = this.#changed(change)
    if (instead) return createProviderReceiver({ ...common, provider: instead })
    if (provider && scheme)
      return createProviderReceiver({ ...common, provider: { ...provider, scheme }, settings, fetchKey })
    if (!scheme) throw new TypeError('neither a provider nor a scheme')
    return createReceiver({ ...common, scheme })
  }
}

function schemeOf(one: SignatureScheme | Provider): SignatureScheme {
  return 'algorithm' in one ? one : one.scheme
}
