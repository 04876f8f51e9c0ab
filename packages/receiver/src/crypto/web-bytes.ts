import { utf8 } from '../encoding.ts'
import type { SignedContent } from './port.ts'

/** The pieces as the one piece that WebCrypto takes. */
export function joinContent(content: SignedContent): Uint8Array<ArrayBuffer> {
  const pieces = content.map((piece) => (typeof piece === 'string' ? utf8(piece) : piece))
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

/** A copy on a plain ArrayBuffer, which is what WebCrypto's types ask for. */
export function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

/** Makes it at the first call, for all calls. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
