/** Rows as the arrays that `unnest` takes: one statement for a whole batch. */

/** Bytes of many rows as one parameter: `pg` sends it raw, where a `bytea[]` is written as text, twice the size. */
export class Bytes {
  readonly #parts: Uint8Array[] = []
  readonly offsets: number[] = []
  readonly lengths: number[] = []
  #at = 0

  /** null is told by a length below zero. */
  add(bytes: Uint8Array | null): void {
    // substring counts from 1
    this.offsets.push(this.#at + 1)
    this.lengths.push(bytes === null ? -1 : bytes.byteLength)
    if (bytes === null || bytes.byteLength === 0) return
    this.#parts.push(bytes)
    this.#at += bytes.byteLength
  }

  joined(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** One array a column. */
export function columns<T>(rows: readonly T[], ...read: ReadonlyArray<(row: T) => unknown>): unknown[][] {
  return read.map((of) => rows.map(of))
}
