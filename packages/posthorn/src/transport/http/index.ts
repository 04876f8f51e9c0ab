import { networkInterfaces } from 'node:os'
import { LIMITS } from '../../domain/limits.ts'
import type { Clock } from '../../ports/clock.ts'
import type { HttpTransport, OutboundRequest, OutboundResult } from '../../ports/transport.ts'
import { AbortWatch } from './abort-watch.ts'
import { AddressGuard } from './address-guard.ts'
import { Attempt } from './attempt.ts'
import { Dialer } from './dialer.ts'
import { LanePool } from './lane-pool.ts'
import { type Resolve, SystemResolver } from './resolve.ts'
import { checkUrl, type HttpTarget, type UrlRules } from './url-rules.ts'

export interface HttpTransportOptions {
  /** Plain http is called too. */
  readonly allowHttp: boolean
  /** CIDRs of private networks that may be called: `127.0.0.0/8`. Cloud metadata only when named exactly. */
  readonly allowNetworks: readonly string[]
  readonly clock: Clock
  /** Default: name servers over c-ares, then getaddrinfo (hosts file) for names they do not know. */
  readonly resolve?: Resolve
  /** PEM certificates of private authorities, trusted besides the system's. */
  readonly ca?: string | Buffer
  /** Default `LIMITS.maxInFlightMax`: one subscription alone never waits for a socket. More wait within their deadline. */
  readonly connectionsPerOrigin?: number
  /** How long an idle connection is kept; default 4 s, below the 5 s after which Node's server closes. */
  readonly keepAliveMs?: number
  /** Ports on which this process listens: not called on own addresses even where their network is allowed. */
  readonly refuseOwnPorts?: () => readonly number[]
  /** Addresses of this machine; default those of its interfaces, asked at each connection (60 to 150 µs). */
  readonly ownAddresses?: () => readonly string[]
}

/** Parsed URLs that are remembered: parsing and judging one takes 17 µs of CPU, as much as sending. */
const TARGETS_KEPT = 10_000
const KEEP_ALIVE_MS = 4000

/**
 * The one guarded way out. An answer counts by its status: one of more than 64 KiB is cut (`truncated`) and its socket
 * closed, a body that does not end within the deadline is `timeout`.
 * @throws config_invalid when a network cannot be read
 */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  return new GuardedTransport(options)
}

class GuardedTransport implements HttpTransport {
  readonly #shared: { readonly clock: Clock; readonly watch: AbortWatch }
  readonly #rules: UrlRules
  readonly #lanes: LanePool
  readonly #targets = new Map<string, HttpTarget>()
  #closed = false

  constructor(options: HttpTransportOptions) {
    const guard = new AddressGuard(options.allowNetworks, options.ownAddresses ?? interfaceAddresses)
    this.#shared = { clock: options.clock, watch: new AbortWatch() }
    this.#rules = { allowHttp: options.allowHttp, guard }
    const dialer = new Dialer({
      guard,
      resolve: options.resolve ?? new SystemResolver().resolve,
      ca: options.ca,
      ownPorts: options.refuseOwnPorts ?? (() => []),
    })
    this.#lanes = new LanePool({
      dialer,
      clock: options.clock,
      connectionsPerOrigin: options.connectionsPerOrigin ?? LIMITS.maxInFlightMax,
      keepAliveMs: options.keepAliveMs ?? KEEP_ALIVE_MS,
    })
  }

  refuseUrl(url: string): string | null {
    const target = checkUrl(url, this.#rules)
    return typeof target === 'string' ? target : null
  }

  send(request: OutboundRequest): Promise<OutboundResult> {
    const target = this.#targetOf(request.url)
    if (typeof target === 'string') return failed('url_refused', target)
    if (this.#closed || request.signal.aborted)
      return failed('aborted', 'The attempt was cut off by a shutdown.')
    const lane = this.#lanes.laneOf(request.isolation, target)
    return new Promise((resolve) => lane.take(new Attempt(request, target, lane, this.#shared, resolve)))
  }

  /** Attempts on their way end as `connection_closed` or `aborted`; later ones as `aborted`. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#lanes.close()
  }

  #targetOf(url: string): HttpTarget | string {
    const known = this.#targets.get(url)
    if (known) return known
    const target = checkUrl(url, this.#rules)
    if (typeof target === 'string') return target
    // The oldest leaves: a full map is no reason to forget all.
    if (this.#targets.size >= TARGETS_KEPT) this.#targets.delete(this.#targets.keys().next().value!)
    this.#targets.set(url, target)
    return target
  }
}

function failed(code: 'url_refused' | 'aborted', detail: string): Promise<OutboundResult> {
  return Promise.resolve({ kind: 'error', code, detail })
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address))
}
