import { matcher, type TypesOf } from '../../domain/filter.ts'
import type { Replay } from '../../domain/records.ts'
import { type Subscription, takesFrom } from '../../domain/subscription.ts'
import type { ReplayCandidate } from '../../ports/store.ts'
import type { TenantView } from '../directory/tenant-view.ts'
import { TEST_EVENT_TYPE } from './verdict.ts'

/** Which types the filters of a subscription are over. */
export function typesOf({ source }: Pick<Subscription, 'source'>): TypesOf {
  return source === null ? 'published' : 'inbound'
}

/** Events that the subscription takes now, as the live path decides, and that the replay asks for. */
export function replayChoice(
  replay: Replay,
  subscription: Subscription,
  view: TenantView,
): (candidate: ReplayCandidate) => boolean {
  const of = typesOf(subscription)
  const fits = matcher(subscription.events, of)
  const asked = replay.eventTypes === null ? () => true : matcher(replay.eventTypes, of)
  return ({ eventType, sourceId, lastState }) =>
    takesFrom(subscription.source, sourceId, sourceId === null ? null : view.sourceName(sourceId)) &&
    // Test pings were for one subscription only; a provider's type of that name is an event like any other.
    (sourceId !== null || eventType !== TEST_EVENT_TYPE) &&
    fits(eventType) &&
    asked(eventType) &&
    // What is pending will come anyway; it is doubled only for somebody who asks for just that.
    (replay.states === null
      ? lastState !== 'pending'
      : lastState !== null && replay.states.includes(lastState))
}
