import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib'
import { LIMITS } from '../../domain/limits.ts'

export interface KeptBody {
  readonly body: Uint8Array
  readonly truncated: boolean
}

const NOTHING = new Uint8Array(0)
/** A cut-off stream is inflated as far as it goes: with the defaults, zlib and brotli call that an error. */
const ZLIB = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: LIMITS.responseKeptBytes }
const BROTLI = { finishFlush: constants.BROTLI_OPERATION_FLUSH, chunkSize: LIMITS.responseKeptBytes }
const ZSTD = { finishFlush: constants.ZSTD_e_flush, chunkSize: LIMITS.responseKeptBytes }

const INFLATERS = new Map([
  ['gzip', () => createGunzip(ZLIB)],
  ['x-gzip', () => createGunzip(ZLIB)],
  ['deflate', () => createInflate(ZLIB)],
  ['br', () => createBrotliDecompress(BROTLI)],
  ['zstd', () => createZstdDecompress(ZSTD)],
])

/** Takes the bytes of an answer as they come and keeps what may be kept. */
export class AnswerBody {
  /** One known encoding is undone, though identity was asked for; with two or an unknown one the raw bytes stay. */
  readonly #encoding: string | null
  readonly #keep: number
  readonly #chunks: Uint8Array[] = []
  #kept = 0
  #read = 0

  constructor(contentEncoding: string | null) {
    const encoding = contentEncoding?.trim().toLowerCase() ?? null
    this.#encoding = encoding !== null && INFLATERS.has(encoding) ? encoding : null
    this.#keep = this.#encoding === null ? LIMITS.responseKeptBytes : LIMITS.responseReadBytes
  }

  /** @returns false when enough was read; there is more that will not be read. */
  add(chunk: Uint8Array): boolean {
    this.#read += chunk.byteLength
    const room = this.#keep - this.#kept
    if (room > 0) {
      // A copy: the chunk is a window into a larger read, which would live as long as the kept body.
      const part = new Uint8Array(chunk.subarray(0, room))
      this.#chunks.push(part)
      this.#kept += part.byteLength
    }
    return this.#read <= LIMITS.responseReadBytes
  }

  /**
   * What is kept, at once, when nothing has to be inflated; else null.
   * @param whole the answer was read to its end
   */
  plain(whole: boolean): KeptBody | null {
    if (this.#encoding !== null && this.#read > 0) return null
    return { body: this.#joined(), truncated: !whole || this.#read > this.#kept }
  }

  /** Never rejects: what cannot be inflated is kept as it came, since the status decides and not the text. */
  async inflated(whole: boolean): Promise<KeptBody> {
    const raw = this.#joined()
    const inflated = await inflate(raw, this.#encoding!).catch(() => null)
    const { body, truncated } = inflated ?? { body: raw, truncated: false }
    return {
      body: body.slice(0, LIMITS.responseKeptBytes),
      truncated: !whole || truncated || body.byteLength > LIMITS.responseKeptBytes,
    }
  }

  #joined(): Uint8Array {
    if (this.#chunks.length < 2) return this.#chunks[0] ?? NOTHING
    const joined = new Uint8Array(this.#kept)
    let at = 0
    for (const chunk of this.#chunks) {
      joined.set(chunk, at)
      at += chunk.byteLength
    }
    return joined
  }
}

/** Stops as soon as there is more than is kept: at most two chunks of 16 KiB exist, whatever the bomb. */
async function inflate(raw: Uint8Array, encoding: string): Promise<KeptBody> {
  const inflater = INFLATERS.get(encoding)!()
  inflater.end(raw)
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop destroys the stream.
  for await (const chunk of inflater as AsyncIterable<Uint8Array>) {
    chunks.push(chunk)
    length += chunk.byteLength
    if (length > LIMITS.responseKeptBytes) break
  }
  return { body: Uint8Array.from(Buffer.concat(chunks)), truncated: length > LIMITS.responseKeptBytes }
}
