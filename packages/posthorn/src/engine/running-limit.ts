import { PosthornError } from '../domain/error.ts'
import type { TenantId } from '../domain/ids.ts'

/** Each of all that run gets a step in turn: somebody's thousand would hold up the only one of somebody else. */
const OF_TENANT_MAX = 20

/** How many durable orders of a tenant may be under way. */
export class RunningLimit {
  /** One after the other: each must see those that were begun just before. */
  #last: Promise<unknown> = Promise.resolve()

  /** @throws PosthornError `state_conflict` */
  begin(
    tenantId: TenantId,
    running: () => Promise<ReadonlyArray<{ readonly tenantId: TenantId }>>,
    insert: () => Promise<unknown>,
  ): Promise<void> {
    const begun = this.#last.then(async () => {
      const own = (await running()).filter((one) => one.tenantId === tenantId)
      if (own.length >= OF_TENANT_MAX)
        throw new PosthornError(
          'state_conflict',
          `${own.length} are running already. Wait for one of them, or cancel it.`,
        )
      await insert()
    })
    this.#last = begun.catch(() => undefined)
    return begun
  }
}
