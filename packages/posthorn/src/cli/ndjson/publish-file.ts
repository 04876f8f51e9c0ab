import type { Readable } from 'node:stream'
import { LIMITS } from '../../domain/limits.ts'
import { eventLine, type IdMaker } from './event-line.ts'
import { readLines } from './lines.ts'
import type { NumberedEvent, Refused, Sender, Sent } from './sender.ts'

/** `{"events":[` and `]}`, and room for a little more. */
const FRAME_BYTES = 64

export interface PublishFileOptions {
  readonly stream: Readable
  readonly sender: Pick<Sender, 'send'>
  readonly makeId: IdMaker
  /** Requests at once. */
  readonly inFlight: number
  /** Aborted: no more lines are read; what was sent is waited for. */
  readonly stop: AbortSignal
  readonly onProgress: (totals: Totals) => void
  readonly onRefused: (refused: Refused) => void
}

export interface Totals {
  /** Lines read so far, empty ones too. */
  lines: number
  /** Bytes read so far. */
  bytes: number
  published: number
  duplicates: number
  deliveries: number
  refused: number
}

/** Publishes every line of a stream in batches, a few requests at once, in constant memory. */
export async function publishFile(options: PublishFileOptions): Promise<Totals> {
  const publisher = new FilePublisher(options)
  // A pipe that says nothing more would hold up the end for ever.
  options.stop.addEventListener('abort', () => options.stream.destroy(), { once: true })
  try {
    for await (const line of readLines(options.stream, LIMITS.requestBodyBytes)) {
      await publisher.take(line.number, line.bytes, line.end)
      if (options.stop.aborted) break
    }
  } catch (error) {
    if (!options.stop.aborted) throw error
  }
  return await publisher.finish()
}

class FilePublisher {
  readonly #options: PublishFileOptions
  readonly #totals: Totals = { lines: 0, bytes: 0, published: 0, duplicates: 0, deliveries: 0, refused: 0 }
  readonly #running = new Set<Promise<void>>()
  #batch: NumberedEvent[] = []
  #batchBytes = FRAME_BYTES
  #failure: { readonly error: unknown } | null = null

  constructor(options: PublishFileOptions) {
    this.#options = options
  }

  async take(number: number, bytes: Buffer | null, end: number): Promise<void> {
    this.#totals.lines = number
    this.#totals.bytes = end
    if (bytes === null)
      return this.#refuse(number, `has more than the ${LIMITS.requestBodyBytes} bytes that are accepted`)
    const line = eventLine(number, bytes, this.#options.makeId)
    if (line === null) return
    if ('flaw' in line) return this.#refuse(number, line.flaw)
    const more = line.json.length + 1
    const full = this.#batch.length >= LIMITS.batchEvents || this.#batchBytes + more > LIMITS.batchBodyBytes
    if (full) await this.#send()
    this.#batch.push({ line: number, json: line.json })
    this.#batchBytes += more
  }

  /** @throws what made a request fail for good */
  async finish(): Promise<Totals> {
    if (this.#batch.length > 0) await this.#send()
    await Promise.all(this.#running)
    if (this.#failure !== null) throw this.#failure.error
    return this.#totals
  }

  #refuse(line: number, flaw: string): void {
    this.#totals.refused += 1
    this.#options.onRefused({ line, code: 'line_malformed', detail: `The line ${flaw}.` })
  }

  /** Resolves when there is room for one more request. */
  async #send(): Promise<void> {
    const batch = this.#batch
    this.#batch = []
    this.#batchBytes = FRAME_BYTES
    const running = this.#options.sender
      .send(batch)
      .then((sent) => this.#sent(sent))
      .catch((error: unknown) => {
        this.#failure ??= { error }
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
    if (this.#running.size >= this.#options.inFlight) await Promise.race(this.#running)
    if (this.#failure !== null) {
      await Promise.all(this.#running)
      throw this.#failure.error
    }
  }

  #sent({ published, duplicates, deliveries, refused }: Sent): void {
    const totals = this.#totals
    totals.published += published
    totals.duplicates += duplicates
    totals.deliveries += deliveries
    totals.refused += refused.length
    for (const one of refused) this.#options.onRefused(one)
    this.#options.onProgress(totals)
  }
}
