import { PosthornError } from '../../domain/error.ts'
import type { TenantId } from '../../domain/ids.ts'

/** Of a store's connections the rest is for deliveries: PostgreSQL has 10, SQLite one thread for lists. */
const AT_ONCE = 2
/** Under way and waiting, of one tenant: a person has not more pages open than that. */
const OF_TENANT_MAX = 8

interface Waiting {
  readonly tenantId: TenantId
  readonly begin: () => void
}

/**
 * Reads that may take a second of the store: so many at once, whoever asks. Who waits is let in in turn of the tenants,
 * so that one that asks a hundred times holds up nobody but itself.
 */
export class HeavyReads {
  readonly #waiting: Waiting[] = []
  readonly #counts = new Map<TenantId, number>()
  readonly #shared = new Map<string, Promise<unknown>>()
  #running = 0
  #last: TenantId | null = null

  /** @throws PosthornError `rate_limited` */
  async run<T>(tenantId: TenantId, read: () => Promise<T>): Promise<T> {
    const count = this.#counts.get(tenantId) ?? 0
    if (count >= OF_TENANT_MAX)
      throw new PosthornError(
        'rate_limited',
        `${count} searches and the like of this tenant are under way; wait for one of them.`,
        { retryAfterS: 1 },
      )
    this.#counts.set(tenantId, count + 1)
    try {
      await this.#turn(tenantId)
      try {
        return await read()
      } finally {
        this.#running -= 1
        this.#next()
      }
    } finally {
      this.#forget(tenantId)
    }
  }

  /** Who asks for the same while it is under way gets the same answer. @param name tells it from other questions */
  async share<T>(tenantId: TenantId, name: string, read: () => Promise<T>): Promise<T> {
    const key = `${tenantId} ${name}`
    const under = this.#shared.get(key) as Promise<T> | undefined
    if (under !== undefined) return await under
    const made = this.run(tenantId, read).finally(() => this.#shared.delete(key))
    this.#shared.set(key, made)
    return await made
  }

  async #turn(tenantId: TenantId): Promise<void> {
    if (this.#running < AT_ONCE) {
      this.#running += 1
      this.#last = tenantId
      return
    }
    await new Promise<void>((begin) => this.#waiting.push({ tenantId, begin }))
  }

  /** The first of another tenant than was let in last; else the first. */
  #next(): void {
    const other = this.#waiting.findIndex(({ tenantId }) => tenantId !== this.#last)
    const [next] = this.#waiting.splice(Math.max(0, other), 1)
    if (next === undefined) return
    this.#running += 1
    this.#last = next.tenantId
    next.begin()
  }

  #forget(tenantId: TenantId): void {
    const left = (this.#counts.get(tenantId) ?? 1) - 1
    if (left === 0) this.#counts.delete(tenantId)
    else this.#counts.set(tenantId, left)
  }
}
