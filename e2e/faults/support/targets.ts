/** The targets of a scenario: one HTTP server, a path for each subscription, each request in a journal before its answer. */
import { Progress } from '../../support/progress.ts'
import {
  type Answer,
  answers,
  type RecordedRequest,
  sha256,
  startTarget,
  type Target,
} from '../../support/targets.ts'
import { elapse } from '../../support/until.ts'
import type { ArrivalLine, Journal } from './journal.ts'

/** What came, as a script sees it. */
export interface Coming {
  readonly eventId: string
  readonly attempt: number
  /** Requests of this event for this subscription before this one. */
  readonly before: number
}

/** A status, at once or after a while; `hang`: none ever. */
export type Reply = number | { readonly status: number; readonly afterMs: number } | 'hang'

export type Script = (coming: Coming) => Reply

/** 500 to the first request for each event whose number is a multiple of `every`. */
export function failsFirst(every: number): Script {
  return ({ eventId, before }) =>
    before === 0 && Number(/\d+$/.exec(eventId)?.[0]) % every === 0 ? 500 : 200
}

export class Targets {
  /** `arrived`: requests, over all subscriptions. */
  readonly progress = new Progress<'arrived'>()
  readonly #journal: Journal<ArrivalLine>
  readonly #target: Target
  readonly #scripts = new Map<string, Script>()
  readonly #seen = new Map<string, number>()
  #open = 0

  private constructor(journal: Journal<ArrivalLine>, target: Target) {
    this.#journal = journal
    this.#target = target
  }

  static async open(journal: Journal<ArrivalLine>): Promise<Targets> {
    let targets: Targets | undefined
    const target = await startTarget({ answer: (request) => targets?.answerTo(request) ?? { status: 503 } })
    targets = new Targets(journal, target)
    return targets
  }

  /** Of a subscription, by its name. */
  urlFor(subscription: string): string {
    return this.#target.urlFor('127.0.0.1', `/${subscription}`)
  }

  /** How it answers from now on; at first 200. */
  script(subscription: string, script: Script): void {
    this.#scripts.set(subscription, script)
  }

  /** Requests that have come and are not answered yet; those that never are, are not among them. */
  get unanswered(): number {
    return this.#open
  }

  async close(): Promise<void> {
    await this.#target.close()
  }

  /** The answer to a request, once it is in the journal. */
  async answerTo(request: RecordedRequest): Promise<Answer> {
    const at = Date.now()
    const subscription = request.path.slice(1)
    const eventId = header(request, 'webhook-id')
    const attempt = Number(header(request, 'posthorn-attempt'))
    const which = `${subscription} ${eventId}`
    const before = this.#seen.get(which) ?? 0
    this.#seen.set(which, before + 1)
    const reply = this.#scripts.get(subscription)?.({ eventId, attempt, before }) ?? 200
    const status = typeof reply === 'number' ? reply : reply === 'hang' ? 0 : reply.status
    this.#open += 1
    try {
      const hash = sha256(request.body)
      const deliveryId = header(request, 'posthorn-delivery')
      await this.#journal.add({ subscription, eventId, deliveryId, attempt, hash, at, status })
      this.progress.add('arrived')
      if (reply === 'hang') return answers.hang()
      if (typeof reply !== 'number') await elapse(reply.afterMs)
      return { status }
    } finally {
      this.#open -= 1
    }
  }
}

function header(request: RecordedRequest, name: string): string {
  const value = request.header(name)
  if (value === undefined) throw new Error(`a request to ${request.path} has no header ${name}`)
  return value
}
