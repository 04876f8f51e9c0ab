import type { IncomingMessage } from 'node:http'
import type { AddressList } from '../../engine/receive/address-list.ts'
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
    if (this.#publicUrl !== null) return this.#publicUrl
    const scheme = senderAt(request, this.#trusted).secure === true ? 'https' : 'http'
    const named = URL.parse(`${scheme}://${request.headers.host ?? ''}`)
    // A host header may hold anything; what is no plain host is not worth showing.
    if (named !== null && named.host !== '' && named.pathname === '/' && named.username === '')
      return named.origin
    const { localAddress = '127.0.0.1', localPort = 0 } = request.socket
    return `${scheme}://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`
  }
}
