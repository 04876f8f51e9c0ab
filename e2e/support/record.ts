/** What a server says it did: its deliveries with their attempts, over the API. */
import assert from 'node:assert/strict'
import type { Api } from './api.ts'
import type { Recorded } from './ledger.ts'
import type { Attempt, Delivery, Listed } from './shapes.ts'

const AT_ONCE = 8

export interface RecordedFor extends Recorded {
  readonly subscriptionId: string
}

/** All deliveries of a tenant. */
export async function recordOf(api: Api): Promise<RecordedFor[]> {
  const recorded: RecordedFor[] = []
  const open = await api.all<Delivery>('/deliveries')
  const walk = async () => {
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      const attempts = (await api.get<Listed<Attempt>>(`/deliveries/${one.id}/attempts`)).data
      assert.equal(attempts.length, one.attempts, one.id)
      recorded.push({
        ...{ deliveryId: one.id, eventId: one.event_id, state: one.state },
        subscriptionId: one.subscription_id,
        attempts: attempts.map(({ number, outcome, status_code, started_at, duration_ms }) => ({
          ...{ number, outcome, status: status_code, durationMs: duration_ms },
          startedAt: Date.parse(started_at),
        })),
      })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, walk))
  return recorded
}
