import type { TargetId, TenantId } from '../../domain/ids.ts'
import type { DueLane } from '../../ports/store.ts'
import type { ConfigChange } from '../peers/changes.ts'
import type { TargetFinder } from './target.ts'

/** More are forgotten, oldest first: their postponements end by themselves. */
const KEPT_MAX = 10_000

/**
 * Lanes that this process has postponed since their targets were not active. What it knew may have been old: another
 * process may have enabled the target, and ended the postponement, just before. So they are looked at again whenever
 * something of their tenant was changed.
 */
export class SetAside {
  readonly #finder: Pick<TargetFinder, 'find'>
  readonly #lanes = new Map<TargetId, TenantId>()
  readonly #recheck = new Set<TargetId>()

  constructor(finder: Pick<TargetFinder, 'find'>) {
    this.#finder = finder
  }

  add({ targetId, tenantId }: Pick<DueLane, 'targetId' | 'tenantId'>): void {
    this.#lanes.set(targetId, tenantId)
    const [oldest] = this.#lanes.keys()
    if (this.#lanes.size > KEPT_MAX && oldest !== undefined) this.delete(oldest)
  }

  delete(targetId: TargetId): void {
    this.#lanes.delete(targetId)
    this.#recheck.delete(targetId)
  }

  /** @returns whether there are any to be looked at */
  recheck(of: ConfigChange['of']): boolean {
    for (const [targetId, tenantId] of this.#lanes)
      if (of === 'any' || of === tenantId) this.#recheck.add(targetId)
    return this.#recheck.size > 0
  }

  /** Of those to be looked at, the ones whose target is active now. */
  async active(): Promise<TargetId[]> {
    const active: TargetId[] = []
    for (const targetId of [...this.#recheck]) {
      const tenantId = this.#lanes.get(targetId)
      const target = tenantId === undefined ? null : await this.#finder.find(tenantId, targetId)
      if (target?.active) active.push(targetId)
      else this.#recheck.delete(targetId)
    }
    return active
  }
}
