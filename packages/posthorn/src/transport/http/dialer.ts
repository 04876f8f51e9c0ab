import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { parseAddress, sameAddress } from './address.ts'
import type { AddressGuard } from './address-guard.ts'
import { codeOf, connectFailure, TransportFailure, tlsFailure } from './failure.ts'
import type { Resolve, ResolvedAddress } from './resolve.ts'
import { explain, type HttpTarget, isLocalhost, localhostAddresses } from './url-rules.ts'

/** All answers are judged; so many are tried. */
const ADDRESSES_TRIED = 8
/** RFC 8305: how long one address may take before the next is tried. */
const ADDRESS_HEAD_START_MS = 250

export interface DialerOptions {
  readonly guard: AddressGuard
  readonly resolve: Resolve
  /** Trusted besides the authorities of the system. */
  readonly ca: string | Buffer | undefined
  readonly ownPorts: () => readonly number[]
}

/**
 * Opens connections, and only to addresses that were judged: resolves once, judges every answer, connects to the very
 * addresses it judged. TLS sessions are not resumed: a session of one name or tenant is never shown to another
 * (Node, June 2026), and connections are kept alive anyway.
 */
export class Dialer {
  readonly #options: DialerOptions
  readonly #secureContext: SecureContext

  constructor(options: DialerOptions) {
    this.#options = options
    const { ca } = options
    this.#secureContext = createSecureContext(
      ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] },
    )
  }

  /** @throws TransportFailure; of an aborted one nobody reads the error */
  async dial(target: HttpTarget, signal: AbortSignal): Promise<Socket> {
    const addresses = await this.#addressesOf(target)
    signal.throwIfAborted()
    const socket = await openTcp(target, addresses, signal)
    return target.secure ? await this.#openTls(socket, target, signal) : socket
  }

  async #addressesOf(target: HttpTarget): Promise<readonly ResolvedAddress[]> {
    const { host } = target
    const found = await this.#lookUp(host)
    if (found.length === 0) throw new TransportFailure('dns_failed', `${host} has no address.`)
    for (const { address } of found) {
      const refusal = this.#options.guard.refuse(address)
      // One bad answer among good ones refuses them all: a name that points inside has no honest reason to.
      if (refusal)
        throw new TransportFailure('address_refused', `${host} resolves to an address in ${explain(refusal)}`)
    }
    if (this.#options.ownPorts().includes(target.port)) this.#refuseOwn(target, found)
    return found.slice(0, ADDRESSES_TRIED)
  }

  #refuseOwn(target: HttpTarget, found: readonly ResolvedAddress[]): void {
    const own = found.some(({ address }) => this.#options.guard.isOwn(parseAddress(address)!))
    if (!own) return
    throw new TransportFailure(
      'address_refused',
      `${target.host}:${target.port} is Posthorn itself, which may not be called.`,
    )
  }

  async #lookUp(host: string): Promise<readonly ResolvedAddress[]> {
    const family = isIP(host)
    if (family !== 0) return [{ address: host, family }]
    if (isLocalhost(host)) {
      return localhostAddresses(this.#options.guard).map((address) => ({ address, family: isIP(address) }))
    }
    try {
      return await this.#options.resolve(host)
    } catch (error) {
      const code = codeOf(error)
      const unknown = code === 'ENOTFOUND' || code === 'ENODATA'
      const what = unknown ? 'is not known to the name servers' : 'could not be resolved'
      throw new TransportFailure('dns_failed', `${host} ${what} (${code}).`)
    }
  }

  #openTls(raw: Socket, target: HttpTarget, signal: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const named = isIP(target.host) === 0
      const socket = connectTls({
        socket: raw,
        secureContext: this.#secureContext,
        host: target.host,
        ...(named ? { servername: target.host } : {}),
        ALPNProtocols: ['http/1.1'],
        // Said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment does not open it.
        rejectUnauthorized: true,
      })
      settleSocket(socket, 'secureConnect', signal, resolve, (error) =>
        reject(tlsFailure(target.host, error)),
      )
    })
  }
}

function openTcp(
  target: HttpTarget,
  addresses: readonly ResolvedAddress[],
  signal: AbortSignal,
): Promise<Socket> {
  // Node asks this instead of a resolver, so it cannot get other addresses than those that were judged.
  const lookup: LookupFunction = (_host, options, callback) => {
    if (options.all) callback(null, [...addresses])
    else callback(null, addresses[0]!.address, addresses[0]!.family)
  }
  return new Promise((resolve, reject) => {
    const place = `${target.host}:${target.port}`
    const socket = connectTcp({
      host: target.host,
      port: target.port,
      lookup,
      noDelay: true,
      autoSelectFamily: addresses.length > 1,
      autoSelectFamilyAttemptTimeout: ADDRESS_HEAD_START_MS,
    })
    const check = () => {
      if (wasJudged(socket.remoteAddress, addresses)) return resolve(socket)
      socket.destroy()
      reject(new TransportFailure('address_refused', `${place} led to an address that was not checked.`))
    }
    settleSocket(socket, 'connect', signal, check, (error) => reject(connectFailure(place, error)))
  })
}

function settleSocket(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  opened: (socket: Socket) => void,
  failed: (error: unknown) => void,
): void {
  const abort = () => {
    socket.destroy()
    failed(signal.reason)
  }
  const leave = () => signal.removeEventListener('abort', abort)
  signal.addEventListener('abort', abort, { once: true })
  socket.once(event, () => {
    leave()
    opened(socket)
  })
  // Stays for good: an error between two owners of the socket must not end the process.
  socket.on('error', (error) => {
    leave()
    failed(error)
  })
}

function wasJudged(remote: string | undefined, addresses: readonly ResolvedAddress[]): boolean {
  const bytes = remote === undefined ? null : parseAddress(remote)
  return bytes !== null && addresses.some(({ address }) => sameAddress(bytes, parseAddress(address)!))
}
