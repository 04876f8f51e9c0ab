import type { IncomingMessage } from 'node:http'
import type { AddressList } from '../../engine/receive/address-list.ts'
import type { Sender } from '../../engine/receive/way-in.ts'
import { senderAt } from './sender-at.ts'

/** Beginning of the URLs under which the world reaches this server. */
export class Origin {
  readonly #publicUrl: string | null
  readonly #trusted: AddressList

  /** @param publicUrl with or without a path and a slash at its end; null: as the caller calls this server */
  constructor(publicUrl: string | null, trusted: AddressList) {
    this.#publicUrl = publicUrl?.replace(/\/+$/, '') ?? null
    this.#trusted = trusted
  }

  /** Without a slash at its end. */
  of(request: IncomingMessage): string {
    return this.#publicUrl ?? this.#asCalled(request)
  }

  /** Path before those of this server, as the world sees them: empty, or `/hooks`. */
  get prefix(): string {
    const path = this.#publicUrl === null ? '' : (URL.parse(this.#publicUrl)?.pathname ?? '')
    return path === '/' ? '' : path
  }

  /** Who is at the other end, or behind a trusted proxy that is. */
  senderOf(request: IncomingMessage): Sender {
    return senderAt(request, this.#trusted)
  }

  /** Whether it is known that the request came over https. */
  isSecure(request: IncomingMessage): boolean {
    return this.#publicUrl?.startsWith('https:') === true || this.senderOf(request).secure === true
  }

  /** Whether a page of this origin is one of this server's. */
  isOwn(request: IncomingMessage, origin: string | undefined): boolean {
    if (origin === undefined) return false
    const own = this.#publicUrl === null ? undefined : URL.parse(this.#publicUrl)?.origin
    return origin === own || origin === this.#asCalled(request)
  }

  #asCalled(request: IncomingMessage): string {
    const scheme = this.senderOf(request).secure === true ? 'https' : 'http'
    const named = URL.parse(`${scheme}://${request.headers.host ?? ''}`)
    // A host header may hold anything; what is no plain host is not worth showing.
    if (named !== null && named.host !== '' && named.pathname === '/' && named.username === '')
      return named.origin
    const { localAddress = '127.0.0.1', localPort = 0 } = request.socket
    return `${scheme}://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
  }
}
