import type { IncomingMessage } from 'node:http'
import type { AddressList } from '../../engine/receive/address-list.ts'
import { senderOf } from '../../engine/receive/sender.ts'
import type { RequestHead, Sender } from '../../engine/receive/way-in.ts'

/** Who is at the other end of a request's connection, or behind the trusted proxy that is. */
export function senderAt(
  { socket, headers }: IncomingMessage,
  trusted: AddressList,
  list: RequestHead['headers'] = headers,
): Sender {
  const encrypted = 'encrypted' in socket && socket.encrypted === true
  return senderOf({ address: socket.remoteAddress, encrypted }, list, trusted)
}
