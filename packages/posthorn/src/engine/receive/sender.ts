import { type Address, type AddressList, parseAddress } from './address-list.ts'
import { type HeaderList, headerList, valuesOf } from './headers.ts'
import type { RequestHead, Sender } from './way-in.ts'

/** The other end of the connection. */
export interface Peer {
  readonly address: string | null | undefined
  /** Whether the connection itself is TLS; null: not known. */
  readonly encrypted: boolean | null
}

/**
 * Who sent a request. What proxies say (`X-Forwarded-For`, `X-Forwarded-Proto`, `Forwarded` of RFC 7239) is believed only
 * when the connection comes from one of those declared: the rightmost address that is none of them counts, since
 * whatever stands before it may be the sender's own invention. Where both kinds are there and disagree, somebody has
 * invented one of them, and neither is believed. Pure.
 */
export function senderOf(peer: Peer, headers: RequestHead['headers'], trusted: AddressList): Sender {
  const own = typeof peer.address === 'string' ? parseAddress(peer.address) : null
  if (!trusted.has(own)) return { address: own?.text ?? null, secure: peer.encrypted }
  const list = headerList(headers)
  const said = [xForwarded(list), forwarded(list)].filter((hops) => hops.length > 0)
  const [first, second] = said.map((hops) => client(hops, trusted))
  if (first === undefined) return { address: own?.text ?? null, secure: secureOf(list, peer.encrypted) }
  if (second !== undefined && !agree(first, second)) return { address: null, secure: null }
  return { address: first.address, secure: first.secure ?? second?.secure ?? secureOf(list, peer.encrypted) }
}

function agree(one: Sender, other: Sender): boolean {
  const contrary = one.secure !== null && other.secure !== null && one.secure !== other.secure
  return one.address === other.address && !contrary
}

/** One step of the way: who came to the proxy, and how, if it says so. */
interface Hop {
  readonly address: Address | null
  readonly secure: boolean | null
}

/** From the nearest one back to the first that is no trusted proxy. */
function client(hops: readonly Hop[], trusted: AddressList): Sender {
  const outermost = hops.findLastIndex(({ address }) => !trusted.has(address))
  const { address, secure } = hops[Math.max(0, outermost)] as Hop
  return { address: address?.text ?? null, secure }
}

function xForwarded(headers: HeaderList): Hop[] {
  const protocols = elements(headers, 'x-forwarded-proto')
  const addresses = elements(headers, 'x-forwarded-for')
  // Proxies either add to both lists, or write the protocol anew.
  const aligned = protocols.length === addresses.length
  return addresses.map((text, at) => ({
    address: addressOf(text),
    secure: isSecure(aligned ? protocols[at] : protocols.at(-1)),
  }))
}

function forwarded(headers: HeaderList): Hop[] {
  return elements(headers, 'forwarded').map((element) => {
    const pairs = element.split(';').map((pair) => /^\s*([a-z]+)="?([^"]*)"?\s*$/i.exec(pair))
    const of = (name: string) => pairs.find((pair) => pair?.[1]?.toLowerCase() === name)?.[2]
    return { address: addressOf(of('for') ?? ''), secure: isSecure(of('proto')) }
  })
}

function secureOf(headers: HeaderList, encrypted: boolean | null): boolean | null {
  return isSecure(elements(headers, 'x-forwarded-proto').at(-1)) ?? encrypted
}

function elements(headers: HeaderList, name: string): string[] {
  const values = valuesOf(headers, name)
  return values.length === 0 ? [] : values.join(',').split(',')
}

/** With or without a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. `unknown` and invented names are none. */
function addressOf(text: string): Address | null {
  const plain = text.trim()
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(plain)?.[1]
  const portless = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(plain)?.[1]
  return parseAddress(bracketed ?? portless ?? plain)
}

function isSecure(protocol: string | undefined): boolean | null {
  const plain = protocol?.trim().toLowerCase()
  if (plain === 'https' || plain === 'wss') return true
  return plain === undefined || plain === '' ? null : false
}
