import { AsyncLocalStorage } from 'node:async_hooks'
import { type Actor, SYSTEM_ACTOR } from '../../domain/audit.ts'

/** On whose behalf something is done, and by which request. */
export interface Acting {
  readonly actor: Actor
  readonly requestId: string | null
  readonly address: string | null
}

/** Of what Posthorn does by itself, and of an application that calls it. */
export const SYSTEM: Acting = { actor: SYSTEM_ACTOR, requestId: null, address: null }

/**
 * Who acts, from a request down to the store's writes, without a parameter in every use case between. It holds while
 * the request does: what was only begun by it (a timer, a loop that was woken) runs on as nobody's.
 */
export class ActingContext {
  readonly #running = new AsyncLocalStorage<{ acting: Acting | null }>()

  async run<T>(acting: Acting, work: () => Promise<T>): Promise<T> {
    const held: { acting: Acting | null } = { acting }
    try {
      return await this.#running.run(held, work)
    } finally {
      held.acting = null
    }
  }

  current(): Acting {
    return this.#running.getStore()?.acting ?? SYSTEM
  }
}
