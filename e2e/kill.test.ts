/**
 * `kill -9` of a server at random moments while events are published: what it had accepted is delivered, what is
 * repeated was in flight, and nothing is attempted after its recorded success.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { Dice, seedOfRun } from './support/dice.ts'
import { type Arrival, checkBooks, type Recorded } from './support/ledger.ts'
import { Progress } from './support/progress.ts'
import { LedgerPublisher, type OutgoingEvent } from './support/publisher.ts'
import { ServerProcess } from './support/server.ts'
import type { Attempt, CreatedSubscription, Delivery, Listed } from './support/shapes.ts'
import { type RecordedRequest, sha256, startTarget, type Target } from './support/targets.ts'
import { until, within } from './support/until.ts'

const EVENTS = 2000
const KILLS = 21
const MAX_IN_FLIGHT = 8
const PUBLISHERS = 12
/** Events between two kills, and how far into them a kill comes at the latest. */
const STRETCH = Math.floor(EVENTS / (KILLS + 1))
const LATEST = STRETCH - PUBLISHERS
/** Every so many events fail at first, so that retries are under way too. */
const FAILS_FIRST = 10
const EVENT_TYPE = 'kill.test'

/** After so many more events were sent off, were accepted, came to the target; or before the new server is ready. */
const MOMENTS = ['invoked', 'accepted', 'arrived', 'arrived', 'starting'] as const

interface Scene {
  readonly server: ServerProcess
  readonly publisher: LedgerPublisher
  readonly arrivals: readonly Arrival[]
  readonly atTarget: Progress<'arrived'>
  readonly dice: Dice
}

test(`${KILLS} kills while ${EVENTS} events are published lose none`, { timeout: 150_000 }, async (t) => {
  const seed = seedOfRun()
  t.diagnostic(`POSTHORN_E2E_SEED=${seed} repeats the moments of this run`)
  const dice = new Dice(seed)
  const server = new ServerProcess()
  t.after(() => server.dispose())
  const { target, arrivals, atTarget } = await recordingTarget()
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
  const publisher = new LedgerPublisher({ server, eventType: EVENT_TYPE, events, atOnce: PUBLISHERS })
  publisher.serverIsUp()
  const published = publisher.run()

  await killAgainAndAgain({ server, publisher, arrivals, atTarget, dice }, published)
  publisher.allow(EVENTS)
  await within('the last events to be accepted', published, 60_000)
  await until('no delivery to be pending', async () => {
    const pending = await server.api.get<{ data: unknown[] }>('/deliveries?state=pending&limit=1')
    return pending.data.length === 0
  })
  await checkAll(t, { server, publisher, arrivals, atTarget, dice })
})

function outgoing(at: number): OutgoingEvent {
  const id = `kill-${String(at).padStart(4, '0')}`
  return { id, data: JSON.stringify({ number: at, text: 'é'.repeat(at % 500) }) }
}

async function recordingTarget() {
  const arrivals: Arrival[] = []
  const atTarget = new Progress<'arrived'>()
  const seen = new Set<string>()
  const target: Target = await startTarget({
    answer: (request) => {
      const eventId = header(request, 'webhook-id')
      const failing = !seen.has(eventId) && Number(eventId.slice('kill-'.length)) % FAILS_FIRST === 0
      seen.add(eventId)
      arrivals.push({
        eventId,
        deliveryId: header(request, 'posthorn-delivery'),
        attempt: Number(header(request, 'posthorn-attempt')),
        hash: sha256(request.body),
        at: Date.now(),
        status: failing ? 500 : 200,
      })
      atTarget.add('arrived')
      return { status: failing ? 500 : 200 }
    },
  })
  return { target, arrivals, atTarget }
}

function header(request: RecordedRequest, name: string): string {
  return request.header(name) ?? assert.fail(`no header ${name}`)
}

async function killAgainAndAgain({ server, publisher, atTarget, dice }: Scene, published: Promise<void>) {
  const broken = published.then(() => Promise.reject(new Error('all was published before the last kill')))
  broken.catch(() => {})
  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = {
      arrived: atTarget.count('arrived'),
      accepted: publisher.progress.count('accepted'),
      invoked: publisher.progress.count('invoked'),
    }
    publisher.allow((kill + 1) * STRETCH)
    const moment = dice.pick(MOMENTS)
    const after = 1 + dice.roll(LATEST)
    if (moment === 'starting') {
      publisher.serverIsDown()
      await server.kill('SIGKILL')
      server.launch()
      await turns(dice.roll(2000))
    } else {
      const reached =
        moment === 'arrived'
          ? atTarget.reach('arrived', before.arrived + after)
          : publisher.progress.reach(moment, before[moment] + after)
      await within(`kill ${kill}: ${after} events ${moment}`, Promise.race([reached, broken]), 30_000)
      await turns(dice.roll(40))
    }
    publisher.serverIsDown()
    await server.kill('SIGKILL')
    await server.start()
    publisher.serverIsUp()
  }
}

/** So many turns of the event loop: a moment that is in step with nothing. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}

async function checkAll(t: TestContext, { server, publisher, arrivals }: Scene): Promise<void> {
  assert.equal((await server.api.call('GET', 'root:/readyz')).status, 200)
  assert.equal(publisher.accepted.size, EVENTS)
  const books = { accepted: [...publisher.accepted.values()], arrivals, recorded: await recordOf(server) }
  const { broken, unrecorded, copies } = checkBooks(books, KILLS * MAX_IN_FLIGHT)
  t.diagnostic(
    `${publisher.progress.count('unknown')} publishes were repeated, ${copies} requests were second copies, ` +
      `${unrecorded} of them repeats of what was in flight (at most ${KILLS * MAX_IN_FLIGHT})`,
  )
  assert.deepEqual(broken, [])
  // A server that is only killed while it idles would prove nothing.
  assert.ok(publisher.progress.count('unknown') > 0, 'no kill met a publish')
  assert.ok(unrecorded > 0, 'no kill met an attempt')

  const end = await server.kill('SIGTERM')
  assert.deepEqual(end, { code: 0, signal: null }, server.run.stderr)
  checkFile(join(server.dataDir, 'posthorn.db'))
}

async function recordOf(server: ServerProcess): Promise<Recorded[]> {
  const deliveries = await server.api.all<Delivery>('/deliveries')
  const recorded: Recorded[] = []
  const open = [...deliveries]
  const walk = async () => {
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      const attempts = (await server.api.get<Listed<Attempt>>(`/deliveries/${one.id}/attempts`)).data
      assert.equal(attempts.length, one.attempts, one.id)
      recorded.push({
        ...{ deliveryId: one.id, eventId: one.event_id, state: one.state },
        attempts: attempts.map(({ number, outcome, status_code, started_at, duration_ms }) => ({
          ...{ number, outcome, status: status_code, durationMs: duration_ms },
          startedAt: Date.parse(started_at),
        })),
      })
    }
  }
  await Promise.all(Array.from({ length: 8 }, walk))
  return recorded
}

/** What the API does not show: no lease is left, and the file is sound. */
function checkFile(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    assert.deepEqual({ ...db.prepare('pragma integrity_check').get() }, { integrity_check: 'ok' })
    const leases = db.prepare('select count(*) as leases from deliveries where lease_token is not null').get()
    assert.deepEqual({ ...leases }, { leases: 0 })
    const events = db.prepare('select count(*) as events from events').get()
    assert.deepEqual({ ...events }, { events: EVENTS })
  } finally {
    db.close()
  }
}
