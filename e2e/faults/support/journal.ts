/**
 * A ledger on disk: a line of JSON for each fact. A line is on disk, fsynced, before `add` resolves; those that are added
 * together share one fsync. Whoever checks reads the file, not somebody's memory.
 */
import { readFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** One request of a publisher, before it leaves or after it ended. */
export type PublishLine = {
  readonly tenant: string
  readonly eventId: string
  readonly type: string
  readonly hash: string
  /** Wall clock, ms. */
  readonly at: number
} & (
  | { readonly kind: 'invoked' }
  | { readonly kind: 'accepted'; readonly duplicate: boolean }
  /** No answer, or one that says that it was not taken just now: `status` null, or that of the answer. */
  | { readonly kind: 'unknown'; readonly status: number | null; readonly why: string }
)

/** One request at a target, before its answer. */
export interface ArrivalLine {
  /** Name of the subscription. */
  readonly subscription: string
  readonly eventId: string
  readonly deliveryId: string
  readonly attempt: number
  readonly hash: string
  /** When its last byte was there; wall clock, ms. */
  readonly at: number
  /** Of the answer that it gets; 0: none ever. */
  readonly status: number
}

export class Journal<Line extends object> {
  readonly path: string
  readonly #file: FileHandle
  #lines: string[] = []
  #written: Promise<void> | null = null
  #writing: Promise<void> = Promise.resolve()

  private constructor(path: string, file: FileHandle) {
    this.path = path
    this.#file = file
  }

  static async open<Line extends object>(path: string): Promise<Journal<Line>> {
    return new Journal<Line>(path, await open(path, 'ax'))
  }

  /** Resolves when the line is on disk. */
  add(line: Line): Promise<void> {
    this.#lines.push(`${JSON.stringify(line)}\n`)
    if (this.#written === null) {
      this.#written = this.#writing.then(() => this.#write())
      this.#writing = this.#written
    }
    return this.#written
  }

  /** All lines that are on disk. */
  read(): Line[] {
    const lines = readFileSync(this.path, 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line)
  }

  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #write(): Promise<void> {
    this.#written = null
    const lines = this.#lines
    this.#lines = []
    await this.#file.appendFile(lines.join(''))
    await this.#file.datasync()
  }
}
