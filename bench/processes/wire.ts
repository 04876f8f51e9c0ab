/**
 * HTTP/1.1 as far as a benchmark needs it, on bare sockets: the generator and the target must cost as little as
 * possible of the two cores, or they would be what is measured.
 */
import type { Socket } from 'node:net'

/** Calls back with each whole message (head and body) that arrives on a socket. Needs `content-length` or no body. */
export function onMessages(socket: Socket, each: (message: Buffer, bodyStart: number) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (;;) {
      const headEnd = rest.indexOf('\r\n\r\n')
      if (headEnd === -1) return
      const bodyStart = headEnd + 4
      const end = bodyStart + contentLength(rest, headEnd)
      if (rest.length < end) return
      const message = rest.subarray(0, end)
      rest = rest.subarray(end)
      each(message, bodyStart)
    }
  })
}

function contentLength(head: Buffer, headEnd: number): number {
  const match = /\r\ncontent-length: *(\d+)/i.exec(head.toString('latin1', 0, headEnd))
  return match === null ? 0 : Number(match[1])
}

export const ANSWER_OK = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')

/** Milliseconds since the epoch with fractions: comparable between processes of one machine. */
export function preciseNow(): number {
  return performance.timeOrigin + performance.now()
}
