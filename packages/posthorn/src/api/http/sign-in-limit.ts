import { PosthornError } from '../../domain/error.ts'
import {
  afterAttempts,
  afterForgone,
  allowance,
  NOTHING_STARTED,
  nextAllowedAt,
  type RateLog,
} from '../../domain/rate-limiter.ts'
import type { Clock } from '../../ports/clock.ts'

/** Wrong keys from one address. Ours have 256 random bits; one that an operator has chosen may be a worse one. */
const RATE = { limit: 10, windowS: 60 }
/** 1 MiB or so; with more addresses the longest unused is forgotten. */
const ADDRESSES_MAX = 10_000

/** Counted in this process: each of several allows as many. */
export class SignInLimit {
  readonly #clock: Pick<Clock, 'now'>
  readonly #logs = new Map<string, RateLog>()

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /**
   * Counts a try before it is made, so that many at once are no way round.
   * @returns takes it back: the key was right
   * @throws PosthornError rate_limited
   */
  take(address: string | null): () => void {
    const who = placeOf(address)
    const now = this.#clock.now()
    const log = this.#logs.get(who) ?? NOTHING_STARTED
    if (allowance(log, RATE, now, 1) === 0) {
      const retryAfterS = (nextAllowedAt(log, RATE, now) - now) / 1000
      throw new PosthornError(
        'rate_limited',
        `There were ${RATE.limit} wrong keys within a minute from this address. Wait ${Math.ceil(retryAfterS)} s.`,
        { retryAfterS },
      )
    }
    this.#keep(who, afterAttempts(log, RATE, now, 1))
    return () => this.#keep(who, afterForgone(this.#logs.get(who) ?? NOTHING_STARTED))
  }

  #keep(who: string, log: RateLog): void {
    this.#logs.delete(who)
    const oldest = this.#logs.keys().next().value
    if (this.#logs.size >= ADDRESSES_MAX && oldest !== undefined) this.#logs.delete(oldest)
    if (log.length > 0) this.#logs.set(who, log)
  }
}

/** Of IPv6 the network of 64 bits: whoever has one address there has them all. Unknown ones share one place. */
function placeOf(address: string | null): string {
  if (address === null) return 'unknown'
  if (!address.includes(':')) return address
  const [before = '', after] = address.split('::')
  const groups = before === '' ? [] : before.split(':')
  const rest = after === undefined || after === '' ? [] : after.split(':')
  const zeros = after === undefined ? 0 : 8 - groups.length - rest.length
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...rest].slice(0, 4).join(':')
}
