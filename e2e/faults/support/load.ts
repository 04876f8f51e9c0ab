/**
 * Publishers of several tenants that do not give up: what they do not know the answer of, and what was not taken just
 * then, they send again under the same event id until it is accepted. All of it is in a journal.
 */
import { Progress } from '../../support/progress.ts'
import type { ServerProcess } from '../../support/server.ts'
import type { Published } from '../../support/shapes.ts'
import { sha256 } from '../../support/targets.ts'
import { elapse, within } from '../../support/until.ts'
import type { Journal, PublishLine } from './journal.ts'

export interface LoadOptions {
  readonly journal: Journal<PublishLine>
  /** Those that accept, dead or alive: a publisher goes on to the next where one does not answer. */
  readonly servers: () => readonly ServerProcess[]
  readonly tenants: readonly string[]
  /** Events a second, over all tenants; null: as fast as they are accepted. */
  readonly rate: number | null
  /** Requests at once, for each tenant. Default 6. */
  readonly publishers?: number
  /** A request without an answer is given up after this. Default 5000. */
  readonly requestMs?: number
}

interface Event {
  readonly tenant: string
  readonly eventId: string
  readonly type: string
  readonly data: string
  readonly hash: string
}

interface Tried {
  readonly accepted: { readonly duplicate: boolean } | null
  readonly status: number | null
  readonly why: string
  /** Before the next try. */
  readonly waitMs: number
}

/** `fault.even` or `fault.odd`, by the event's number: subscriptions may ask for one of them. */
export const EVENT_TYPES = ['fault.even', 'fault.odd'] as const

const PUBLISHERS = 6
const REQUEST_MS = 5_000
const AGAIN_MS = 30

export class Load {
  /** `invoked` counts events, `accepted` too, `unknown` counts requests. */
  readonly progress = new Progress<'invoked' | 'accepted' | 'unknown'>()
  readonly #options: LoadOptions
  readonly #numbers = new Map<string, number>()
  readonly #turns = new Map<string, number>()
  #rate: number | null
  #stopped = false
  #running: Array<Promise<void>> = []
  #lastWhy = 'nothing was tried'

  constructor(options: LoadOptions) {
    this.#options = options
    this.#rate = options.rate
  }

  start(): void {
    const { tenants, publishers = PUBLISHERS } = this.#options
    for (const tenant of tenants) this.add(tenant, publishers)
  }

  /** More publishers for a tenant; they begin at once. */
  add(tenant: string, publishers: number): void {
    for (let at = 0; at < publishers; at += 1) {
      const publisher = this.#publish(tenant, at)
      // Whoever stops the load is told.
      publisher.catch(() => {})
      this.#running.push(publisher)
    }
  }

  /** Events a second from now on, over all tenants; null: as fast as they are accepted. */
  setRate(rate: number | null): void {
    this.#rate = rate
  }

  /** No new events. Resolves when all that were begun are accepted. @throws Error when one was refused for good */
  async stop(timeoutMs = 60_000): Promise<void> {
    this.#stopped = true
    const all = Promise.all(this.#running)
    await within('the last events to be accepted', all, timeoutMs).catch((error: Error) => {
      throw new Error(`${error.message} (last: ${this.#lastWhy})`, { cause: error })
    })
  }

  async #publish(tenant: string, first: number): Promise<void> {
    while (!this.#stopped) {
      await this.#turn(tenant)
      if (this.#stopped) return
      await this.#sendUntilAccepted(this.#next(tenant), first)
    }
  }

  /** What could not be sent in time is not made up for: after a fault the rate is what it was before. */
  async #turn(tenant: string): Promise<void> {
    if (this.#rate === null) return
    const gapMs = (1000 * this.#options.tenants.length) / this.#rate
    const now = performance.now()
    const at = Math.max(now, this.#turns.get(tenant) ?? now)
    this.#turns.set(tenant, at + gapMs)
    if (at > now) await elapse(at - now)
  }

  #next(tenant: string): Event {
    const number = this.#numbers.get(tenant) ?? 0
    this.#numbers.set(tenant, number + 1)
    const data = JSON.stringify({ number, text: 'é'.repeat((number * 37) % 500) })
    const type = EVENT_TYPES[number % 2] as string
    return { tenant, eventId: `${tenant}-${number}`, type, data, hash: sha256(data) }
  }

  async #sendUntilAccepted(event: Event, first: number): Promise<void> {
    const { journal } = this.#options
    const { tenant, eventId, type, hash } = event
    this.progress.add('invoked')
    for (let at = first; ; at += 1) {
      await journal.add({ kind: 'invoked', tenant, eventId, type, hash, at: Date.now() })
      const { accepted, status, why, waitMs } = await this.#try(event, at)
      if (accepted !== null) {
        await journal.add({ kind: 'accepted', tenant, eventId, type, hash, at: Date.now(), ...accepted })
        this.progress.add('accepted')
        return
      }
      this.#lastWhy = `${eventId}: ${why}`
      await journal.add({ kind: 'unknown', tenant, eventId, type, hash, at: Date.now(), status, why })
      this.progress.add('unknown')
      await elapse(waitMs)
    }
  }

  async #try({ tenant, eventId, type, data }: Event, at: number): Promise<Tried> {
    const { servers, requestMs = REQUEST_MS } = this.#options
    const all = servers()
    const server = all[at % all.length]
    if (server === undefined) throw new Error('there is no server to publish to')
    const body = `{"event_type":"${type}","event_id":"${eventId}","data":${data}}`
    const signal = AbortSignal.timeout(requestMs)
    try {
      const answer = await server.api.forTenant(tenant).call<Published>('POST', '/events', { body, signal })
      const { status, text, headers } = answer
      if (status >= 200 && status < 300 && answer.body.event_id === eventId)
        return { accepted: { duplicate: answer.body.duplicate }, status, why: '', waitMs: 0 }
      const why = `${status} ${text.slice(0, 300)}`
      if (status < 500 && status !== 429) throw new Refused(`${eventId}: ${why}`)
      const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
      return { accepted: null, status, why, waitMs: retryAfter > 0 ? retryAfter * 1000 : AGAIN_MS }
    } catch (error) {
      if (error instanceof Refused) throw error
      const { message, cause } = error as Error
      return { accepted: null, status: null, why: `${message} ${cause ?? ''}`, waitMs: AGAIN_MS }
    }
  }
}

class Refused extends Error {}
