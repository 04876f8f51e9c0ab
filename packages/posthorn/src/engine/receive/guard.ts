import type { RateLimit } from '../../domain/subscription.ts'
import { AddressList, ownNetwork, parseAddress } from './address-list.ts'
import type { InboxSettings } from './inbox-settings.ts'
import type { RateGate } from './rate-gate.ts'
import type { Sender } from './way-in.ts'

/** How often each source and each address was there; outlives the inboxes. */
export interface Rates {
  readonly sources: RateGate
  readonly addresses: RateGate
}

export type Turned =
  | { readonly reason: 'address_refused' | 'https_required' }
  | { readonly reason: 'rate_limited'; readonly rate: RateLimit; readonly waitMs: number }

type GuardSettings = Pick<InboxSettings, 'id' | 'allowedIps' | 'httpsOnly' | 'rateLimit' | 'addressRateLimit'>

/** Who may bring a request at all, before any of it is looked at. */
export class Guard {
  readonly #settings: GuardSettings
  readonly #rates: Rates
  readonly #allowed: AddressList

  /** @throws TypeError for an address or network that is none */
  constructor(settings: GuardSettings, rates: Rates) {
    this.#settings = settings
    this.#rates = rates
    this.#allowed = new AddressList(settings.allowedIps)
  }

  /** null: let in, and counted. What is not known, address or TLS, is refused where it matters. */
  turnedAway({ address, secure }: Sender, now: number): Turned | null {
    const { httpsOnly, rateLimit, addressRateLimit } = this.#settings
    if (this.#allowed.size > 0 && !this.#allowed.has(parseAddress(address ?? '')))
      return { reason: 'address_refused' }
    if (httpsOnly && secure !== true) return { reason: 'https_required' }
    if (rateLimit === null && addressRateLimit === null) return null
    return this.#tooMany(address, now)
  }

  /** An address first: what it has too many must not use up what the source may have. */
  #tooMany(address: string | null, now: number): Turned | null {
    const { id, rateLimit, addressRateLimit } = this.#settings
    const parsed = address === null ? null : parseAddress(address)
    const limits = [
      {
        gate: this.#rates.addresses,
        name: `${id} ${parsed === null ? '' : ownNetwork(parsed)}`,
        rate: addressRateLimit,
      },
      { gate: this.#rates.sources, name: id, rate: rateLimit },
    ]
    for (const { gate, name, rate } of limits) {
      const waitMs = rate === null ? 0 : gate.waitMs(name, rate, now)
      if (rate !== null && waitMs > 0) return { reason: 'rate_limited', rate, waitMs }
    }
    for (const { gate, name, rate } of limits) if (rate !== null) gate.count(name, rate, now)
    return null
  }
}
