import { createHash } from 'node:crypto'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { RequestStore, SecretUse } from '../../ports/request-store.ts'
import { Gatherer } from '../gatherer.ts'
import type { InboxSettings } from './inbox-settings.ts'

export interface SecretUsesParts {
  readonly requests: Pick<RequestStore, 'noteUses'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Of one secret, in one process. */
const WRITE_EVERY_MS = 60_000
const USES_PER_COMMIT = 100
const USES_WAITING = 10_000
const KNOWN_MAX = 100_000
const NAME_CHARS = 32

/** What a secret is called where its last use is kept: nothing can be told from it. It changes when it is given anew. */
export function secretName(sealed: string): string {
  return createHash('sha256').update(sealed).digest('hex').slice(0, NAME_CHARS)
}

/** Notes which secrets still verify requests. Nobody waits for it, and its failure changes nothing. */
export class SecretUses {
  readonly #logger: Logger
  readonly #gatherer: Gatherer<SecretUse, undefined>
  readonly #written = new Map<string, number>()

  constructor({ requests, clock, logger }: SecretUsesParts) {
    this.#logger = logger
    this.#gatherer = new Gatherer({
      ...{ clock, maxBatch: USES_PER_COMMIT, maxWaiting: USES_WAITING },
      write: async (batch) => {
        await requests.noteUses(batch)
        return batch.map(() => undefined)
      },
    })
  }

  /** @param index of the secret in the settings */
  note({ id, tenant, secretNames }: InboxSettings, index: number, usedAt: number): void {
    const secret = secretNames[index]
    if (secret === undefined) return
    const before = this.#written.get(secret)
    if (before !== undefined && Math.abs(usedAt - before) < WRITE_EVERY_MS) return
    if (this.#written.size >= KNOWN_MAX) this.#written.clear()
    this.#written.set(secret, usedAt)
    void this.#gatherer.add({ tenantId: tenant.id, sourceId: id, secret, usedAt }).catch((error: unknown) => {
      this.#written.delete(secret)
      this.#logger.warn('the last use of a secret could not be noted', { error: String(error) })
    })
  }

  /** Resolves when all that was noted is stored. */
  drained(): Promise<void> {
    return this.#gatherer.drained()
  }
}
