import type { TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { TargetFinder } from '../deliver/target.ts'
import { ownEvent } from './new-records.ts'
import type { Publisher } from './publisher.ts'

export interface OperationalParts {
  readonly publisher: Publisher
  readonly finder: TargetFinder
  readonly clock: Clock
  readonly random: Random
}

/**
 * Publishes an event of Posthorn itself, to those subscriptions of the tenant that ask for it by name.
 * @param id for what may be told more than once; default: a new one
 */
export async function operationalEvent(
  { publisher, finder, clock, random }: OperationalParts,
  tenantId: TenantId,
  type: string,
  data: Record<string, unknown>,
  id?: string,
): Promise<void> {
  const targets = await finder.match(tenantId, null, type)
  // Nobody asked: not worth a row for each dead delivery.
  if (targets.length === 0) return
  const made = ownEvent({ clock, random }, tenantId, type, data)
  const event = id === undefined ? made : { ...made, id }
  await publisher.accept(event, targets, event.receivedAt)
}
