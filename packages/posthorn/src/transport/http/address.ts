import ipaddr from 'ipaddr.js'

/** Sixteen bytes; an IPv4 address as the IPv4-mapped one, ::ffff:a.b.c.d, so that both spellings are one address. */
export type AddressBytes = Uint8Array

export interface Network {
  /** As it was written. */
  readonly cidr: string
  readonly bytes: AddressBytes
  /** 0 to 128, counted on the sixteen bytes. */
  readonly prefix: number
}

const MAPPED_PREFIX = 96
const TAG_OF_MAPPED: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/**
 * Reads the text of an address. ipaddr.js only turns text into bytes here: its `range()` calls ::7f00:1 and
 * 168.63.129.16 unicast.
 * @returns null for what is not exactly one address: zone ids, prefixes, and the octal, hex and short spellings of IPv4
 */
export function parseAddress(text: string): AddressBytes | null {
  if (text.includes('%')) return null
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return mapped(ipaddr.IPv4.parse(text).toByteArray())
  const groups = withoutDots(text)
  if (groups === null || !ipaddr.IPv6.isValid(groups)) return null
  return Uint8Array.from(ipaddr.IPv6.parse(groups).toByteArray())
}

/** A dotted tail as two groups: ipaddr.js takes octal and hex in it, and reads ::1.2.3.4 as ::ffff:1.2.3.4. */
function withoutDots(text: string): string | null {
  if (/[^0-9a-f:.]/i.test(text)) return null
  const at = text.lastIndexOf(':') + 1
  const tail = text.slice(at)
  if (!tail.includes('.')) return text
  if (!ipaddr.IPv4.isValidFourPartDecimal(tail)) return null
  const [a = 0, b = 0, c = 0, d = 0] = ipaddr.IPv4.parse(tail).toByteArray()
  return `${text.slice(0, at)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}

/** @returns null for what is no CIDR, or has bits set behind its prefix; a bare address is a network of one */
export function parseNetwork(cidr: string): Network | null {
  const [text = '', length, ...rest] = cidr.split('/')
  const bytes = parseAddress(text)
  if (bytes === null || rest.length > 0) return null
  const offset = text.includes(':') ? 0 : MAPPED_PREFIX
  const widest = 128 - offset
  if (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length)) return null
  const written = length === undefined ? widest : Number(length)
  if (written > widest) return null
  const network = { cidr, bytes, prefix: written + offset }
  return bytes.every((byte, at) => (byte & ~maskByte(network.prefix, at)) === 0) ? network : null
}

/** An IPv6 network wider than the mapped space, such as ::/0, says nothing about IPv4. */
export function contains(network: Network, address: AddressBytes): boolean {
  if (network.prefix < MAPPED_PREFIX && isIpv4(address)) return false
  for (let at = 0; at < 16; at += 1) {
    const mask = maskByte(network.prefix, at)
    if (mask === 0) return true
    if (((network.bytes[at]! ^ address[at]!) & mask) !== 0) return false
  }
  return true
}

export function isIpv4(address: AddressBytes): boolean {
  return TAG_OF_MAPPED.every((byte, at) => address[at] === byte)
}

export function mapped(ipv4: ArrayLike<number>): AddressBytes {
  const bytes = new Uint8Array(16)
  bytes.set(TAG_OF_MAPPED)
  bytes.set(Array.from(ipv4), 12)
  return bytes
}

export function formatNetworkOf(address: AddressBytes): string {
  const text = isIpv4(address)
    ? address.subarray(12).join('.')
    : ipaddr.fromByteArray([...address]).toString()
  return `${text}/${isIpv4(address) ? 32 : 128}`
}

export function sameAddress(one: AddressBytes, other: AddressBytes): boolean {
  return one.every((byte, at) => byte === other[at])
}

export type Carrier = 'NAT64' | 'local NAT64' | '6to4' | 'Teredo' | 'ISATAP' | 'IPv4-compatible' | 'SIIT'

/** The IPv4 address inside an IPv6 one, by the transition schemes that put one there. */
export function carriedIpv4(address: AddressBytes): { by: Carrier; ipv4: AddressBytes } | null {
  const hex = Buffer.from(address.buffer, address.byteOffset, 16).toString('hex')
  const tail = () => mapped(address.subarray(12))
  if (hex.startsWith('0064ff9b0000000000000000')) return { by: 'NAT64', ipv4: tail() } // RFC 6052
  // RFC 8215: any prefix length of RFC 6052 inside it; the last four bytes are the usual place.
  if (hex.startsWith('0064ff9b0001')) return { by: 'local NAT64', ipv4: tail() }
  if (hex.startsWith('2002')) return { by: '6to4', ipv4: mapped(address.subarray(2, 6)) } // RFC 3056
  if (hex.startsWith('20010000')) {
    return { by: 'Teredo', ipv4: mapped(address.subarray(12).map((byte) => byte ^ 0xff)) } // RFC 4380
  }
  if (/^00005efe$|^02005efe$/.test(hex.slice(16, 24))) return { by: 'ISATAP', ipv4: tail() } // RFC 5214
  if (hex.startsWith('0000000000000000ffff0000')) return { by: 'SIIT', ipv4: tail() } // RFC 2765
  if (hex.startsWith('000000000000000000000000')) return { by: 'IPv4-compatible', ipv4: tail() } // RFC 4291
  return null
}

function maskByte(prefix: number, at: number): number {
  const bits = Math.min(8, Math.max(0, prefix - at * 8))
  return (0xff << (8 - bits)) & 0xff
}
