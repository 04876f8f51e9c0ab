import type { DeliveryId, TargetId } from './ids.ts'

/** Dead letters of one target that died of one thing. */
export interface DeadLetterGroup {
  readonly targetId: TargetId
  /** `lastError` of the deliveries. */
  readonly cause: string
  readonly count: number
  /** When the first and the last of them died; epoch ms. */
  readonly oldestAt: number
  readonly newestAt: number
  /** The newest by id. */
  readonly sample: DeliveryId
}

/** @returns the largest first */
export function inOrder(groups: readonly DeadLetterGroup[]): DeadLetterGroup[] {
  return groups.toSorted((a, b) => b.count - a.count || (a.sample > b.sample ? -1 : 1))
}

export function grouped(
  dead: ReadonlyArray<{ targetId: TargetId; cause: string; at: number; id: DeliveryId }>,
): DeadLetterGroup[] {
  const groups = new Map<string, DeadLetterGroup>()
  for (const { targetId, cause, at, id } of dead) {
    const name = `${targetId} ${cause}`
    const known = groups.get(name)
    groups.set(
      name,
      known === undefined
        ? { targetId, cause, count: 1, oldestAt: at, newestAt: at, sample: id }
        : {
            ...{ targetId, cause, count: known.count + 1 },
            oldestAt: Math.min(known.oldestAt, at),
            newestAt: Math.max(known.newestAt, at),
            sample: [known.sample, id].toSorted()[1] ?? id,
          },
    )
  }
  return inOrder([...groups.values()])
}
