/** `kill -9` of a server again and again at moments of chance, while a sender sends, and what must hold after it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import type { Dice } from './dice.ts'
import { type Arrival, checkBooks } from './ledger.ts'
import type { LedgerSender } from './ledger-sender.ts'
import { Progress } from './progress.ts'
import { recordOf } from './record.ts'
import type { ServerProcess } from './server.ts'
import { type RecordedRequest, sha256, startTarget, type Target } from './targets.ts'
import { until, within } from './until.ts'

export interface Scene {
  readonly server: ServerProcess
  readonly sender: LedgerSender
  readonly arrivals: readonly Arrival[]
  readonly atTarget: Progress<'arrived'>
  readonly dice: Dice
  readonly events: number
  readonly kills: number
  /** Requests of the sender, and attempts of the server, at once. */
  readonly senders: number
  readonly maxInFlight: number
}

/** After so many more events were sent off, were accepted, came to the target; or before the new server is ready. */
const MOMENTS = ['invoked', 'accepted', 'arrived', 'arrived', 'starting'] as const

/** A target that writes down what comes. @param fails whether it answers 500 to the first copy of an event */
export async function recordingTarget(fails: (eventId: string) => boolean) {
  const arrivals: Arrival[] = []
  const atTarget = new Progress<'arrived'>()
  const seen = new Set<string>()
  const target: Target = await startTarget({
    answer: (request) => {
      const eventId = header(request, 'webhook-id')
      const status = !seen.has(eventId) && fails(eventId) ? 500 : 200
      seen.add(eventId)
      arrivals.push({
        eventId,
        deliveryId: header(request, 'posthorn-delivery'),
        attempt: Number(header(request, 'posthorn-attempt')),
        hash: sha256(request.body),
        at: Date.now(),
        status,
      })
      atTarget.add('arrived')
      return { status }
    },
  })
  return { target, arrivals, atTarget }
}

function header(request: RecordedRequest, name: string): string {
  return request.header(name) ?? assert.fail(`no header ${name}`)
}

/** Runs the sender to its end with all kills in between, and waits until nothing is pending. */
export async function killWhileSending(scene: Scene): Promise<void> {
  const { server, sender, events } = scene
  sender.serverIsUp()
  const sent = sender.run()
  await killAgainAndAgain(scene, sent)
  sender.allow(events)
  await within('the last events to be accepted', sent, 60_000)
  await until('no delivery to be pending', async () => {
    const pending = await server.api.get<{ data: unknown[] }>('/deliveries?state=pending&limit=1')
    return pending.data.length === 0
  })
}

async function killAgainAndAgain(scene: Scene, sent: Promise<void>): Promise<void> {
  const { server, sender, atTarget, dice, events, kills, senders } = scene
  // Events between two kills, and how far into them a kill comes at the latest.
  const stretch = Math.floor(events / (kills + 1))
  const latest = stretch - senders
  const broken = sent.then(() => Promise.reject(new Error('all was sent before the last kill')))
  broken.catch(() => {})
  for (let kill = 0; kill < kills; kill += 1) {
    const { progress } = sender
    const before = {
      arrived: atTarget.count('arrived'),
      accepted: progress.count('accepted'),
      invoked: progress.count('invoked'),
    }
    sender.allow((kill + 1) * stretch)
    const moment = dice.pick(MOMENTS)
    const after = 1 + dice.roll(latest)
    if (moment === 'starting') {
      sender.serverIsDown()
      await server.kill('SIGKILL')
      server.launch()
      await turns(dice.roll(2000))
    } else {
      const count = before[moment] + after
      const reached = moment === 'arrived' ? atTarget.reach('arrived', count) : progress.reach(moment, count)
      await within(`kill ${kill}: ${after} events ${moment}`, Promise.race([reached, broken]), 30_000)
      await turns(dice.roll(40))
    }
    sender.serverIsDown()
    await server.kill('SIGKILL')
    await server.start()
    sender.serverIsUp()
  }
}

/** So many turns of the event loop: a moment that is in step with nothing. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
}

/** The books hold, the kills met what they were meant to meet, and the file is sound. Ends the server. */
export async function checkAll(t: TestContext, scene: Scene): Promise<void> {
  const { server, sender, arrivals, events, kills, maxInFlight } = scene
  assert.equal((await server.api.call('GET', 'root:/readyz')).status, 200)
  assert.equal(sender.accepted.size, events)
  const books = { accepted: [...sender.accepted.values()], arrivals, recorded: await recordOf(server.api) }
  const { broken, unrecorded, copies } = checkBooks(books, kills * maxInFlight)
  const unknown = sender.progress.count('unknown')
  t.diagnostic(
    `${unknown} events were sent again, ${copies} requests were second copies, ` +
      `${unrecorded} of them repeats of what was in flight (at most ${kills * maxInFlight})`,
  )
  assert.deepEqual(broken, [])
  // A server that is only killed while it idles would prove nothing.
  assert.ok(unknown > 0, 'no kill met a request')
  assert.ok(unrecorded > 0, 'no kill met an attempt')
  assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null }, server.run.stderr)
  checkFile(join(server.dataDir, 'posthorn.db'), events)
}

/** What the API does not show: no lease is left, each event is there once, and the file is sound. */
function checkFile(path: string, expected: number): void {
  const db = new DatabaseSync(path, { readOnly: true })
  const row = (sql: string) => ({ ...db.prepare(sql).get() })
  try {
    assert.deepEqual(row('pragma integrity_check'), { integrity_check: 'ok' })
    const leased = 'select count(*) as leases from deliveries where lease_token is not null'
    assert.deepEqual(row(leased), { leases: 0 })
    assert.deepEqual(row('select count(*) as events from events'), { events: expected })
  } finally {
    db.close()
  }
}
