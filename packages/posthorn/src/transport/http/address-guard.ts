import { PosthornError } from '../../domain/error.ts'
import {
  type AddressBytes,
  carriedIpv4,
  contains,
  formatNetworkOf,
  isIpv4,
  type Network,
  parseAddress,
  parseNetwork,
  sameAddress,
} from './address.ts'
import {
  CLOUD_SERVICES,
  SPECIAL_IPV4,
  SPECIAL_IPV6,
  SPECIAL_IPV6_OUTSIDE,
  type SpecialRange,
} from './special-ranges.ts'

export interface AddressRefusal {
  /** "10.0.0.0/8 (private use, RFC 1918)": what the owner may know; never the address itself. */
  readonly where: string
  /** What the operator would allow to open it, if there is a sensible answer. */
  readonly network: string | null
}

interface NamedNetwork extends Network {
  readonly name: string
}

const UNICAST_IPV6 = table([{ cidr: '2000::/3', name: 'global unicast' }])[0]!
const IPV4 = table(SPECIAL_IPV4)
const IPV6 = table(SPECIAL_IPV6)
const IPV6_OUTSIDE = table(SPECIAL_IPV6_OUTSIDE)
const CLOUD = table(CLOUD_SERVICES)

/**
 * Decides on the bytes of an address whether it may be called. Pure but for `ownAddresses`, which is asked each time:
 * interfaces come and go.
 */
export class AddressGuard {
  readonly #allowed: readonly Network[]
  readonly #ownAddresses: () => readonly string[]

  /**
   * @param allowNetworks CIDRs that the operator opens, such as `127.0.0.0/8`. What they open is open in each spelling:
   * an IPv4 network also for its IPv4-mapped and NAT64 forms.
   * @throws config_invalid for what is no CIDR
   */
  constructor(allowNetworks: readonly string[], ownAddresses: () => readonly string[]) {
    this.#allowed = allowNetworks.map(readAllowed)
    this.#ownAddresses = ownAddresses
  }

  /** True when the operator opened any network: private names then make sense, and their addresses decide. */
  get opensSome(): boolean {
    return this.#allowed.length > 0
  }

  /** @returns null when it may be called */
  refuse(text: string): AddressRefusal | null {
    const address = parseAddress(text)
    // Fails closed: what cannot be read cannot be judged. Zone ids end here too.
    if (address === null) return { where: 'an address that cannot be read', network: null }
    return this.refuseBytes(address)
  }

  refuseBytes(address: AddressBytes): AddressRefusal | null {
    const carried = carriedIpv4(address)
    const service =
      CLOUD.find((one) => contains(one, address)) ??
      (carried && CLOUD.find((one) => contains(one, carried.ipv4)))
    if (service && !this.#namesExactly(service)) return refusal(service)
    if (this.#allows(address)) return null
    // NAT64 is the one carrier in honest use (DNS64 networks): it is as good as the address behind it.
    if (carried?.by === 'NAT64') return this.refuseBytes(carried.ipv4)
    if (carried?.by === 'ISATAP') return { where: 'an ISATAP address (RFC 5214)', network: null }
    const range = special(address)
    if (range) return refusal(range)
    return this.isOwn(address) ? { where: 'this very machine', network: formatNetworkOf(address) } : null
  }

  /** True for loopback and for the addresses of this machine's interfaces. */
  isOwn(address: AddressBytes): boolean {
    if (isIpv4(address) && address[12] === 127) return true
    return this.#ownAddresses().some((text) => {
      const own = parseAddress(text.split('%', 1)[0]!)
      return own !== null && sameAddress(own, address)
    })
  }

  #allows(address: AddressBytes): boolean {
    return this.#allowed.some((network) => contains(network, address))
  }

  #namesExactly(service: Network): boolean {
    return this.#allowed.some(
      (network) => network.prefix === 128 && sameAddress(network.bytes, service.bytes),
    )
  }
}

function special(address: AddressBytes): NamedNetwork | undefined {
  if (isIpv4(address)) return IPV4.find((range) => contains(range, address))
  const ranges = contains(UNICAST_IPV6, address) ? IPV6 : IPV6_OUTSIDE
  return ranges.find((range) => contains(range, address))
}

function refusal(range: NamedNetwork): AddressRefusal {
  // Nobody is told to open everything.
  return { where: `${range.cidr} (${range.name})`, network: range.prefix === 0 ? null : range.cidr }
}

function readAllowed(cidr: string): Network {
  const network = parseNetwork(cidr)
  if (network) return network
  throw new PosthornError(
    'config_invalid',
    `"${cidr}" is not a network that can be allowed: write it as an address and a prefix length without bits behind the prefix, such as 10.0.0.0/8 or fd12:3456::/32`,
  )
}

function table(ranges: readonly SpecialRange[]): readonly NamedNetwork[] {
  return ranges.map(({ cidr, name }) => {
    const network = parseNetwork(cidr)
    if (network === null) throw new TypeError(`special range ${cidr} cannot be read`)
    return { ...network, name }
  })
}
