import type { Problem } from '../../api/contract/schemas/common.ts'
import type { PosthornClient } from '../../client/client.ts'
import { PosthornApiError } from '../../client/error.ts'
import type { Clock } from '../../ports/clock.ts'
import { CliError } from '../exit.ts'
import { wait } from '../wait.ts'

export interface NumberedEvent {
  readonly line: number
  readonly json: Buffer
}

export interface Refused {
  readonly line: number
  readonly code: string
  readonly detail: string
}

export interface Sent {
  readonly published: number
  readonly duplicates: number
  readonly deliveries: number
  readonly refused: readonly Refused[]
}

export interface SenderOptions {
  readonly client: Pick<PosthornClient, 'call'>
  readonly clock: Clock
  /** Aborted: what was sent is waited for, what would have to be sent again is given up. */
  readonly signal: AbortSignal
  /** Told before each wait. */
  readonly onWait: (why: string, ms: number) => void
}

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 30_000
/** A server that is restarted or full is waited for; one that says nothing good for so long is not coming back. */
const GIVE_UP_MS = 120_000

const NOTHING: Sent = { published: 0, duplicates: 0, deliveries: 0, refused: [] }

/**
 * Publishes batches until each event of them is in the store or refused. Every event has an id, so sending it once more
 * is harmless, and what is not certain is sent again.
 */
export class Sender {
  readonly #options: SenderOptions

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** @throws PosthornApiError when the key is refused, or nothing can be stored for two minutes; CliError `interrupted` */
  async send(events: readonly NumberedEvent[]): Promise<Sent> {
    const { clock } = this.#options
    const startedAt = clock.elapsed()
    let left = events
    let sent = NOTHING
    for (let attempt = 0; ; attempt += 1) {
      const round = await this.#round(left)
      sent = sum(sent, round.sent)
      left = round.again
      if (left.length === 0) return sent
      const why = round.why
      if (clock.elapsed() - startedAt > GIVE_UP_MS) throw why
      const ms = why.retryAfterS === null ? FIRST_WAIT_MS * 2 ** attempt : why.retryAfterS * 1000
      await this.#pause(why, Math.min(ms, LONGEST_WAIT_MS))
    }
  }

  async #pause(why: PosthornApiError, ms: number): Promise<void> {
    const { clock, signal, onWait } = this.#options
    onWait(why.detail, ms)
    await wait(clock, ms, signal)
    if (signal.aborted) throw new CliError('interrupted', `Stopped while waiting: ${why.detail}`)
  }

  async #round(events: readonly NumberedEvent[]): Promise<Round> {
    try {
      const json = Buffer.concat([
        Buffer.from('{"events":['),
        ...events.flatMap(({ json }, index) => (index === 0 ? [json] : [COMMA, json])),
        Buffer.from(']}'),
      ])
      const { results } = await this.#options.client.call('publishEvents', { json })
      return judge(events, results)
    } catch (error) {
      if (!(error instanceof PosthornApiError)) throw error
      if (isPassing(error)) return { sent: NOTHING, again: events, why: error }
      if (!isAboutTheBatch(error)) throw error
      return await this.#halves(events, error)
    }
  }

  /** The server refuses the batch as a whole, for one line of it: it is found by halving. */
  async #halves(events: readonly NumberedEvent[], error: PosthornApiError): Promise<Round> {
    const [only] = events
    if (events.length === 1 && only !== undefined) {
      const refused = [{ line: only.line, code: error.code, detail: error.detail }]
      return { sent: { ...NOTHING, refused }, again: [], why: error }
    }
    const middle = events.length >> 1
    const first = await this.#round(events.slice(0, middle))
    const second = await this.#round(events.slice(middle))
    return {
      sent: sum(first.sent, second.sent),
      again: [...first.again, ...second.again],
      why: first.again.length > 0 ? first.why : second.why,
    }
  }
}

const COMMA = Buffer.from(',')

interface Round {
  readonly sent: Sent
  /** What may succeed later. */
  readonly again: readonly NumberedEvent[]
  /** Of `again`, or of a refusal. */
  readonly why: PosthornApiError
}

type Results = ReadonlyArray<
  { readonly event_id: string; readonly deliveries: number; readonly duplicate: boolean } | Problem
>

function judge(events: readonly NumberedEvent[], results: Results): Round {
  const again: NumberedEvent[] = []
  const refused: Refused[] = []
  let [published, duplicates, deliveries] = [0, 0, 0]
  let why = missing()
  for (const [index, event] of events.entries()) {
    const result = results[index]
    if (result === undefined) again.push(event)
    else if (!('code' in result)) {
      if (result.duplicate) duplicates += 1
      else published += 1
      deliveries += result.duplicate ? 0 : result.deliveries
    } else if (result.status === 429 || result.status >= 500) {
      again.push(event)
      why = new PosthornApiError(result)
    } else {
      // Places are told within the batch; here each event is a line.
      const detail = result.detail.replaceAll(`events[${index}].`, '')
      refused.push({ line: event.line, code: result.code, detail })
    }
  }
  return { sent: { published, duplicates, deliveries, refused }, again, why }
}

function missing(): PosthornApiError {
  const detail = 'The server answered for fewer events than were sent.'
  return new PosthornApiError({ code: 'unexpected_answer', status: 202, detail })
}

function isPassing({ code, status }: PosthornApiError): boolean {
  return code === 'unreachable' || status === 429 || status === 502 || status === 503 || status === 504
}

function isAboutTheBatch({ code, status }: PosthornApiError): boolean {
  return code !== 'unexpected_answer' && (status === 400 || status === 413 || status === 422)
}

export function sum(a: Sent, b: Sent): Sent {
  return {
    published: a.published + b.published,
    duplicates: a.duplicates + b.duplicates,
    deliveries: a.deliveries + b.deliveries,
    refused: [...a.refused, ...b.refused],
  }
}
