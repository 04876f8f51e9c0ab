import { createReceiver, outboundScheme, type Receiver, type VerifiedEvent } from '@posthorn/receiver'
import { type LocalAnswer, type LocalRequest, LoopbackServer } from '../loopback/server.ts'
import { handleEvent } from './demo-handlers.ts'
import type { Narrator } from './narrator.ts'

/** How many ids are remembered: more than a person publishes by hand. */
const IDS_MAX = 10_000

/** What one path of the demo receiver does with a request, before anything is handled; null: go on. */
export type Trouble = (event: VerifiedEvent) => LocalAnswer | null

interface Inbox {
  readonly receiver: Receiver
  readonly trouble: Trouble
}

/**
 * What an application that receives webhooks does, in small: verify the raw bytes, drop what was there before, hand the
 * event to a typed function, answer.
 */
export class DemoReceiver {
  readonly #narrator: Narrator
  readonly #inboxes = new Map<string, Inbox>()
  readonly #handled = new Set<string>()
  #server: LoopbackServer | null = null

  constructor(narrator: Narrator) {
    this.#narrator = narrator
  }

  async start(): Promise<void> {
    this.#server = await LoopbackServer.start((request) => this.#answer(request))
  }

  urlOf(path: string): string {
    return `${this.#server?.url}${path}`
  }

  /** From now on requests to the path are verified with this secret. */
  open(path: string, secret: string, trouble: Trouble = () => null): void {
    const receiver = createReceiver({ scheme: outboundScheme('standard'), secrets: [secret] })
    this.#inboxes.set(path, { receiver, trouble })
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }

  async #answer(request: LocalRequest): Promise<LocalAnswer> {
    const { path, body } = request
    const inbox = this.#inboxes.get(path)
    this.#narrator.tell('posted', `POST ${path}`, `${body.length} bytes arrived at the demo receiver`)
    if (inbox === undefined) return { status: 404 }
    const signature = request.headers.find(([name]) => name.toLowerCase() === 'webhook-signature')?.[1]
    this.#narrator.tell('signed', `POST ${path}`, `webhook-signature: ${signature ?? 'missing'}`)
    const headers = request.headers as Array<[string, string]>
    const result = await inbox.receiver.verify({ headers, body })
    if (!result.ok) {
      this.#narrator.tell(
        'refused',
        `POST ${path}`,
        `${result.reason}${result.detail ? `: ${result.detail}` : ''}`,
      )
      return { status: 401 }
    }
    this.#narrator.tell('verified', result.type ?? '', `${result.id}: the signature fits the raw bytes`)
    const trouble = inbox.trouble(result)
    if (trouble !== null) {
      this.#narrator.tell(
        'answered',
        result.type ?? '',
        `status ${trouble.status}: ${String(trouble.body ?? '')}`,
      )
      return trouble
    }
    return this.#handleOnce(path, result)
  }

  #handleOnce(path: string, event: VerifiedEvent): LocalAnswer {
    const { id = '', type = '' } = event
    // One event may go to several inboxes: each handles it once.
    const seen = `${path} ${id}`
    if (this.#handled.has(seen)) {
      this.#narrator.tell('duplicate', type, `${id} was handled before: acknowledged, not handled again`)
      return { status: 200, body: 'duplicate' }
    }
    this.#handled.add(seen)
    for (const oldest of this.#handled) {
      if (this.#handled.size <= IDS_MAX) break
      this.#handled.delete(oldest)
    }
    this.#narrator.tell('handled', type, handleEvent(type, event.payload))
    return { status: 200, body: 'ok' }
  }
}
