const NEWLINE = 0x0a
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

export interface Line {
  /** 1 for the first. */
  readonly number: number
  /** Without the line's end; null: it has more bytes than the limit, and they were let go. */
  readonly bytes: Buffer | null
  /** Bytes of the input up to the end of this line. */
  readonly end: number
}

/** Cuts a stream into lines in constant memory, whatever their number and, beyond the limit, their length. */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  limit: number,
): AsyncGenerator<Line, void, undefined> {
  const cutter = new LineCutter(limit)
  for await (const chunk of stream)
    yield* cutter.take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  yield* cutter.rest()
}

class LineCutter {
  readonly #limit: number
  #pieces: Buffer[] = []
  #bytes = 0
  #number = 0
  #end = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  *take(chunk: Buffer): Generator<Line, void, undefined> {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at))
      this.#end += 1
      yield this.#line()
      from = at + 1
    }
    this.#keep(chunk.subarray(from))
  }

  *rest(): Generator<Line, void, undefined> {
    if (this.#bytes > 0) yield this.#line()
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.length
    this.#end += piece.length
    if (this.#bytes > this.#limit) this.#pieces = []
    else if (piece.length > 0) this.#pieces.push(piece)
  }

  #line(): Line {
    this.#number += 1
    const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces)
    const bytes = this.#bytes > this.#limit ? null : trimmed(whole, this.#number === 1)
    this.#pieces = []
    this.#bytes = 0
    return { number: this.#number, bytes, end: this.#end }
  }
}

function trimmed(line: Buffer, first: boolean): Buffer {
  const end = line.at(-1) === 0x0d ? line.length - 1 : line.length
  const start = first && line.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0
  return line.subarray(start, end)
}
