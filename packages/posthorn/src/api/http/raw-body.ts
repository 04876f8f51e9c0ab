import type { IncomingMessage } from 'node:http'
import type { Held } from '../../engine/intake.ts'

/** `larger`: than the limit. `no room`: too much of others is here. Of both the rest was not read. `gone`: the sender is. */
export type RawBody = Buffer | 'larger' | 'no room' | 'gone'

const NO_BYTES = Buffer.alloc(0)

/**
 * The bytes as they come, counted while they do: a `content-length` may be missing, and no coding is undone. Nor may a
 * stranger take room with it for what he does not send.
 */
export function readRawBody(request: IncomingMessage, limit: number, held: Held): Promise<RawBody> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve('larger')
  if (request.destroyed) return Promise.resolve('gone')
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const take = (chunk: Buffer) => {
      length += chunk.length
      const fits = length <= limit
      if (fits && held.take(chunk.length)) return void chunks.push(chunk)
      request.removeListener('data', take)
      chunks.length = 0
      resolve(fits ? 'no room' : 'larger')
    }
    request.on('data', take)
    request.once('end', () => resolve(joined(chunks, length)))
    // Comes after the end too, where it changes nothing. Without a listener an abort is no error event.
    request.once('close', () => resolve('gone'))
  })
}

/** Most bodies come in one piece. */
function joined(chunks: readonly Buffer[], length: number): Buffer {
  return chunks.length > 1 ? Buffer.concat(chunks, length) : (chunks[0] ?? NO_BYTES)
}
