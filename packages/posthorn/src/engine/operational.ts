import { ID_RANDOM_BYTES, makeId, type TenantId } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { contentHash, type Publisher } from './publisher.ts'
import type { TargetFinder } from './target.ts'

export interface OperationalParts {
  readonly publisher: Publisher
  readonly finder: TargetFinder
  readonly clock: Clock
  readonly random: Random
}

/** Publishes an event of Posthorn itself, to those subscriptions of the tenant that ask for it by name. */
export async function operationalEvent(
  { publisher, finder, clock, random }: OperationalParts,
  tenantId: TenantId,
  type: string,
  data: Record<string, unknown>,
): Promise<void> {
  const targets = await finder.match(tenantId, null, type)
  // Nobody asked: not worth a row for each dead delivery.
  if (targets.length === 0) return
  const now = clock.now()
  const contentType = 'application/json'
  const bytes = Buffer.from(JSON.stringify(data))
  const id = makeId('evt', now, random.bytes(ID_RANDOM_BYTES))
  const hash = contentHash(type, contentType, bytes)
  const event = {
    tenantId,
    sourceId: null,
    id,
    type,
    contentType,
    data: bytes,
    contentHash: hash,
    occurredAt: now,
    receivedAt: now,
  }
  await publisher.accept(event, targets, now)
}
