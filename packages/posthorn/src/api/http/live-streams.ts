/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) as streams that end politely. */
import { Readable } from 'node:stream'
import { PosthornError } from '../../domain/error.ts'
import type { Principal, UseCases } from '../../engine/use-cases.ts'
import type { Clock, Timer } from '../../ports/clock.ts'

export interface LiveMessage {
  readonly event: string
  /** Given back as `last-event-id`. */
  readonly id: number
  /** One line. */
  readonly data: string
}

/** Half of what common proxies wait for. */
const HEARTBEAT_MS = 15_000
/** Then the caller shows again who it is: a key may have been revoked. */
const LIFE_MS = 300_000
const RETRY_MS = 1_000
/** What waits for a slow reader; more, and it begins anew. */
const WAITING_MAX = 1024 * 1024
/** How long what waits may still be read after that. */
const LAST_WORDS_MS = 10_000
const STREAMS_MAX = 500
const STREAMS_A_CALLER = 8
/** Any number of sessions may be opened with one key: one tenant must not take the streams of all. */
const STREAMS_A_TENANT = 100

interface Open {
  readonly stream: Readable
  readonly caller: string
  readonly principal: Principal
}

type Sessions = Pick<UseCases['sessions'], 'holds'>

export class LiveStreams {
  readonly #sessions: Sessions
  readonly #clock: Pick<Clock, 'after'>
  readonly #open = new Set<Open>()
  #ended = false
  #checking: Promise<void> | null = null
  #checkAgain = false

  constructor(sessions: Sessions, clock: Pick<Clock, 'after'>) {
    this.#sessions = sessions
    this.#clock = clock
  }

  /**
   * @param listen is given what tells; what it gives back ends the listening
   * @throws PosthornError `rate_limited`
   */
  open(
    principal: Principal,
    listen: (tell: (messages: readonly LiveMessage[]) => void) => () => void,
  ): Readable {
    const caller = callerOf(principal)
    this.#checkRoom(caller, principal)
    const stream = new Readable({ read() {}, highWaterMark: WAITING_MAX })
    const open: Open = { stream, caller, principal }
    const timers = new Map<string, Timer>()
    this.#open.add(open)
    const later = (name: string, ms: number, run: () => void) => timers.set(name, this.#clock.after(ms, run))
    const close = listen((messages) => {
      if (stream.readableEnded || stream.destroyed || !this.#open.has(open)) return
      stream.push(messages.map(textOf).join(''))
      if (stream.readableLength > WAITING_MAX) this.#end(open)
    })
    const beat = () => {
      stream.push(': here\n\n')
      later('beat', HEARTBEAT_MS, beat)
      void this.#holds(principal).then((holds) => holds || this.#end(open))
    }
    stream.push(`retry: ${RETRY_MS}\n\n`)
    later('beat', HEARTBEAT_MS, beat)
    later('end', LIFE_MS, () => this.#end(open))
    stream.on('posthorn-ended', () => {
      close()
      for (const timer of timers.values()) timer.cancel()
      later('cut', LAST_WORDS_MS, () => stream.destroy())
    })
    stream.on('close', () => {
      close()
      this.#open.delete(open)
      for (const timer of timers.values()) timer.cancel()
    })
    if (this.#ended) this.#end(open)
    return stream
  }

  /** Of a server that stops: readers are told to come again. */
  end(): void {
    this.#ended = true
    for (const open of this.#open) this.#end(open)
  }

  /** Ends those whose caller may no longer hear them: a session has ended, a key was revoked, a tenant deleted. */
  async check(): Promise<void> {
    if (this.#checking !== null) {
      this.#checkAgain = true
      return await this.#checking
    }
    this.#checking = this.#checkAll()
    await this.#checking
  }

  async #checkAll(): Promise<void> {
    do {
      this.#checkAgain = false
      const callers = new Map([...this.#open].map(({ caller, principal }) => [caller, principal]))
      for (const [caller, principal] of callers)
        if (!(await this.#holds(principal)))
          for (const open of this.#open) if (open.caller === caller) this.#end(open)
    } while (this.#checkAgain)
    this.#checking = null
  }

  #checkRoom(caller: string, { tenantId }: Principal): void {
    const all = [...this.#open]
    const own = all.filter((one) => one.caller === caller).length
    const ofTenant = tenantId === null ? 0 : all.filter((one) => one.principal.tenantId === tenantId).length
    if (all.length < STREAMS_MAX && own < STREAMS_A_CALLER && ofTenant < STREAMS_A_TENANT) return
    throw new PosthornError(
      'rate_limited',
      `There are too many open streams (${own} of this caller, ${ofTenant} of this tenant); close one.`,
      { retryAfterS: 5 },
    )
  }

  get size(): number {
    return this.#open.size
  }

  #end(open: Open): void {
    if (!this.#open.delete(open)) return
    open.stream.push(null)
    open.stream.emit('posthorn-ended')
  }

  async #holds(principal: Principal): Promise<boolean> {
    try {
      return await this.#sessions.holds(principal)
    } catch {
      // The store is away: the next heartbeat asks again.
      return true
    }
  }
}

function callerOf({ sessionId, keyId }: Principal): string {
  return sessionId ?? keyId
}

function textOf({ event, id, data }: LiveMessage): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`
}
