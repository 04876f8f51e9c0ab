import type { DeliveryId, TargetId } from './ids.ts'

/** An HTTP status that dead letters were answered with at last, and how many of them. */
export interface StatusCount {
  readonly statusCode: number
  readonly count: number
}

/** Dead letters of one target that died of one thing. */
export interface DeadLetterGroup {
  readonly targetId: TargetId
  /** `lastError` of the deliveries. */
  readonly cause: string
  /** Most first; none where no answer came. */
  readonly statuses: readonly StatusCount[]
  readonly count: number
  /** When the first and the last of them died; epoch ms. */
  readonly oldestAt: number
  readonly newestAt: number
  /** The newest by id. */
  readonly sample: DeliveryId
}

/** Some of a group: those with one status, or one of them. */
export interface DeadLetters extends Omit<DeadLetterGroup, 'statuses'> {
  /** null: no answer came. */
  readonly statusCode: number | null
}

/** @returns the largest first */
export function grouped(dead: readonly DeadLetters[]): DeadLetterGroup[] {
  const groups = new Map<string, DeadLetterGroup>()
  for (const { statusCode, ...some } of dead) {
    const name = `${some.targetId} ${some.cause}`
    const known = groups.get(name)
    const statuses = counted(known?.statuses ?? [], statusCode, some.count)
    groups.set(
      name,
      known === undefined
        ? { ...some, statuses }
        : {
            ...known,
            statuses,
            count: known.count + some.count,
            oldestAt: Math.min(known.oldestAt, some.oldestAt),
            newestAt: Math.max(known.newestAt, some.newestAt),
            sample: [some.sample, known.sample].toSorted()[1] ?? some.sample,
          },
    )
  }
  return [...groups.values()]
    .map((group) => ({ ...group, statuses: group.statuses.toSorted((a, b) => b.count - a.count) }))
    .sort((a, b) => b.count - a.count || (a.sample > b.sample ? -1 : 1))
}

function counted(
  statuses: readonly StatusCount[],
  statusCode: number | null,
  count: number,
): readonly StatusCount[] {
  if (statusCode === null) return statuses
  const before = statuses.find((one) => one.statusCode === statusCode)?.count ?? 0
  return [...statuses.filter((one) => one.statusCode !== statusCode), { statusCode, count: before + count }]
}
