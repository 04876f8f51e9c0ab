import { BlockList, isIP, SocketAddress } from 'node:net'

/** An address in its one spelling: IPv4 inside IPv6 (`::ffff:10.0.0.1`) is IPv4, and a zone (`%eth0`) is cut off. */
export interface Address {
  readonly text: string
  readonly family: 'ipv4' | 'ipv6'
}

/** @returns null for what is no address */
export function parseAddress(text: string): Address | null {
  const [bare = ''] = text.split('%', 1)
  const version = isIP(bare)
  if (version === 4) return { text: bare, family: 'ipv4' }
  if (version !== 6) return null
  const canonical = new SocketAddress({ address: bare, family: 'ipv6' }).address
  const tail = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical)?.[1]
  return tail === undefined ? { text: canonical, family: 'ipv6' } : { text: tail, family: 'ipv4' }
}

/** The network that one customer of a provider has: an IPv4 address itself, the /64 of an IPv6 address. */
export function ownNetwork({ text, family }: Address): string {
  if (family === 'ipv4') return text
  const [head = '', tail] = text.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':')
}

/** Addresses and networks, IPv4 and IPv6. */
export class AddressList {
  readonly #list = new BlockList()
  readonly size: number

  /** @param networks as `networkFlaw` wants them. @throws TypeError for others */
  constructor(networks: readonly string[]) {
    this.size = networks.length
    for (const text of networks) {
      const network = parseNetwork(text)
      if (network === null) throw new TypeError(`${JSON.stringify(text)} ${networkFlaw(text)}`)
      this.#list.addSubnet(network.address.text, network.prefix, network.address.family)
    }
  }

  /** False for null, which is an address that is not known. */
  has(address: Address | null): boolean {
    // BlockList answers no, and says nothing, when the family does not fit the text.
    return address !== null && this.#list.check(address.text, address.family)
  }
}

/** Why a text is no network such as `10.0.0.0/8`, `2001:db8::/32` or an address, as the end of a sentence; else null. */
export function networkFlaw(text: unknown): string | null {
  if (typeof text !== 'string') return 'must be a text'
  return parseNetwork(text) === null
    ? 'is no address or network; write 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32'
    : null
}

function parseNetwork(text: string): { address: Address; prefix: number } | null {
  const [written = '', length, ...rest] = text.split('/')
  const address = written.includes('%') ? null : parseAddress(written)
  if (address === null || rest.length > 0) return null
  // An IPv4 network written inside IPv6 counts its 96 bits in front too.
  const offset = address.family === 'ipv4' && written.includes(':') ? 96 : 0
  const widest = address.family === 'ipv4' ? 32 : 128
  if (length === undefined) return { address, prefix: widest }
  const prefix = /^(?:0|[1-9]\d{0,2})$/.test(length) ? Number(length) - offset : -1
  return prefix < 0 || prefix > widest ? null : { address, prefix }
}
