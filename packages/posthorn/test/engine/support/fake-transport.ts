import type { Clock } from '../../../src/ports/clock.ts'
import type {
  HttpTransport,
  OutboundRequest,
  OutboundResult,
  TransportError,
} from '../../../src/ports/transport.ts'

/** A status, an answer, an error, or one of: `hang` until deadline or abort; `stuck` until it is released. */
export type Reply =
  | number
  | {
      readonly status: number
      readonly retryAfter?: string
      readonly body?: string
      readonly headers?: ReadonlyArray<readonly [string, string]>
    }
  | { readonly error: TransportError }
  | 'hang'
  | 'stuck'
export type Script = Reply | ((request: Sent, index: number) => Reply)

/** A request that reached a target. */
export interface Sent {
  readonly url: string
  /** epoch ms */
  readonly at: number
  readonly eventId: string
  readonly deliveryId: string
  readonly attempt: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly timeoutMs: number
}

/** Targets that answer what a test says, by URL; 200 if it says nothing. */
export class FakeTransport implements HttpTransport {
  readonly sent: Sent[] = []
  /** The most requests that ran at once, by URL. */
  readonly peak = new Map<string, number>()
  readonly #clock: Clock
  readonly #scripts = new Map<string, Script>()
  readonly #queues = new Map<string, Reply[]>()
  readonly #running = new Map<string, number>()
  #stuck: Array<{ release: (reply: Reply) => void }> = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now on. */
  always(url: string, script: Script): void {
    this.#scripts.set(url, script)
  }

  /** The next answers; after them `always`. */
  queue(url: string, ...replies: Reply[]): void {
    this.#queues.set(url, [...(this.#queues.get(url) ?? []), ...replies])
  }

  to(url: string): Sent[] {
    return this.sent.filter((sent) => sent.url === url)
  }

  /** Requests that wait for their answer now. */
  running(url: string): number {
    return this.#running.get(url) ?? 0
  }

  /** Answers what is stuck, oldest first; default all of it. */
  release(reply: Reply, most = Number.POSITIVE_INFINITY): void {
    const released = this.#stuck.filter((_one, index) => index < most)
    this.#stuck = this.#stuck.filter((one) => !released.includes(one))
    for (const one of released) one.release(reply)
  }

  refuseUrl(): string | null {
    return null
  }

  async close(): Promise<void> {}

  async send(request: OutboundRequest): Promise<OutboundResult> {
    const { url } = request
    const sent = this.#note(request)
    const running = this.running(url) + 1
    this.#running.set(url, running)
    this.peak.set(url, Math.max(this.peak.get(url) ?? 0, running))
    try {
      return await this.#answer(this.#next(sent), request)
    } finally {
      this.#running.set(url, this.running(url) - 1)
    }
  }

  #note({ url, headers, body, timeoutMs }: OutboundRequest): Sent {
    const named = Object.fromEntries(headers)
    const sent: Sent = {
      url,
      at: this.#clock.now(),
      eventId: named['webhook-id'] ?? '',
      deliveryId: named['posthorn-delivery'] ?? '',
      attempt: Number(named['posthorn-attempt']),
      headers: named,
      body: Buffer.from(body),
      timeoutMs,
    }
    this.sent.push(sent)
    return sent
  }

  #next(sent: Sent): Reply {
    const queued = this.#queues.get(sent.url)?.shift()
    if (queued !== undefined) return queued
    const script = this.#scripts.get(sent.url) ?? 200
    return typeof script === 'function' ? script(sent, this.to(sent.url).length - 1) : script
  }

  async #answer(reply: Reply, request: OutboundRequest): Promise<OutboundResult> {
    if (reply === 'hang') return this.#hang(request)
    if (reply === 'stuck') {
      const released = await new Promise<Reply>((release) => this.#stuck.push({ release }))
      return this.#answer(released, request)
    }
    if (typeof reply === 'object' && 'error' in reply)
      return { kind: 'error', code: reply.error, detail: `the test said ${reply.error}` }
    const {
      status,
      retryAfter = null,
      body = '',
      headers = [],
    } = typeof reply === 'number' ? { status: reply } : reply
    return {
      kind: 'response',
      statusCode: status,
      retryAfter,
      headers,
      body: Buffer.from(body),
      truncated: false,
    }
  }

  #hang({ signal, timeoutMs }: OutboundRequest): Promise<OutboundResult> {
    return new Promise((resolve) => {
      const end = (code: TransportError) => resolve({ kind: 'error', code, detail: 'it hung' })
      if (signal.aborted) return end('aborted')
      const timer = this.#clock.after(timeoutMs, () => end('timeout'))
      signal.addEventListener('abort', () => {
        timer.cancel()
        end('aborted')
      })
    })
  }
}
