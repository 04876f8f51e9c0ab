/**
 * `kill -9` of a server at random moments while events are published: what it had accepted is delivered, what is
 * repeated was in flight, and nothing is attempted after its recorded success.
 */
import { test } from 'node:test'
import { Dice, seedOfRun } from './support/dice.ts'
import { checkAll, killWhileSending, recordingTarget } from './support/killing.ts'
import type { OutgoingEvent } from './support/ledger-sender.ts'
import { ledgerPublisher } from './support/publisher.ts'
import { ServerProcess } from './support/server.ts'
import type { CreatedSubscription } from './support/shapes.ts'

const EVENTS = 2000
const KILLS = 21
const MAX_IN_FLIGHT = 8
const PUBLISHERS = 12
/** Every so many events fail at first, so that retries are under way too. */
const FAILS_FIRST = 10
const EVENT_TYPE = 'kill.test'

test(`${KILLS} kills while ${EVENTS} events are published lose none`, { timeout: 150_000 }, async (t) => {
  const seed = seedOfRun()
  t.diagnostic(`POSTHORN_E2E_SEED=${seed} repeats the moments of this run`)
  const server = new ServerProcess()
  t.after(() => server.dispose())
  const fails = (eventId: string) => Number(eventId.slice('kill-'.length)) % FAILS_FIRST === 0
  const { target, arrivals, atTarget } = await recordingTarget(fails)
  t.after(() => target.close())
  await server.start()
  await server.api.post<CreatedSubscription>(
    '/subscriptions',
    {
      ...{ name: 'kill', url: target.url, events: [EVENT_TYPE], format: 'raw' },
      ...{ max_in_flight: MAX_IN_FLIGHT, retry: [0.05, 0.1, 0.2, 1, 1, 1] },
    },
    201,
  )
  const events = Array.from({ length: EVENTS }, (_, at) => outgoing(at))
  const scene = {
    ...{ server, arrivals, atTarget, dice: new Dice(seed) },
    ...{ events: EVENTS, kills: KILLS, senders: PUBLISHERS, maxInFlight: MAX_IN_FLIGHT },
    sender: ledgerPublisher({ server, eventType: EVENT_TYPE, events, atOnce: PUBLISHERS }),
  }
  await killWhileSending(scene)
  await checkAll(t, scene)
})

function outgoing(at: number): OutgoingEvent {
  const id = `kill-${String(at).padStart(4, '0')}`
  return { id, data: JSON.stringify({ number: at, text: 'é'.repeat(at % 500) }) }
}
