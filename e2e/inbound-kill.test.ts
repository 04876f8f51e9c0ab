/**
 * `kill -9` of a gateway at random moments while a provider sends to it: whatever it answered 2xx is there once and is
 * delivered, although the provider sends again what it got no answer to.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { sign } from '@octokit/webhooks-methods'
import { Dice, seedOfRun } from './support/dice.ts'
import { checkAll, killWhileSending, recordingTarget } from './support/killing.ts'
import { LedgerSender, type OutgoingEvent } from './support/ledger-sender.ts'
import { ServerProcess } from './support/server.ts'

const EVENTS = 1500
const KILLS = 16
const MAX_IN_FLIGHT = 8
const SENDERS = 12
const FAILS_FIRST = 10
const SECRET = 'a secret typed into the webhook'

test(`${KILLS} kills while GitHub sends ${EVENTS} events lose none and double none`, {
  timeout: 150_000,
}, async (t) => {
  const seed = seedOfRun()
  t.diagnostic(`POSTHORN_E2E_SEED=${seed} repeats the moments of this run`)
  const server = new ServerProcess()
  t.after(() => server.dispose())
  const { target, arrivals, atTarget } = await recordingTarget(
    (id) => Number(id.slice(-4)) % FAILS_FIRST === 0,
  )
  t.after(() => target.close())
  await server.start()
  const source = { slug: 'github', provider: 'github', secrets: [SECRET] }
  const { ingest_url } = await server.api.post<{ ingest_url: string }>('/sources', source, 201)
  await server.api.post(
    '/subscriptions',
    {
      ...{ name: 'forward', url: target.url, events: ['*'], source: 'github', format: 'raw' },
      ...{ max_in_flight: MAX_IN_FLIGHT, retry: [0.05, 0.1, 0.2, 1, 1, 1] },
    },
    201,
  )
  const path = new URL(ingest_url).pathname
  const sender = new LedgerSender({
    events: Array.from({ length: EVENTS }, (_, at) => outgoing(at)),
    atOnce: SENDERS,
    send: async ([event]) => {
      const status = await deliver(server.url + path, event ?? assert.fail())
      assert.ok(status === null || status === 200 || status === 503, `${status}`)
      return status === 200
    },
  })
  const scene = {
    ...{ server, sender, arrivals, atTarget, dice: new Dice(seed) },
    ...{ events: EVENTS, kills: KILLS, senders: SENDERS, maxInFlight: MAX_IN_FLIGHT },
  }
  await killWhileSending(scene)
  await checkAll(t, scene)
  const doubled = checkRequests(join(server.dataDir, 'posthorn.db'))
  t.diagnostic(`${doubled} requests were known already: the kill came between their storing and their answer`)
})

function outgoing(at: number): OutgoingEvent {
  const id = `delivery-${String(at).padStart(4, '0')}`
  return { id, data: JSON.stringify({ action: 'opened', number: at, text: 'é'.repeat(at % 500) }) }
}

/** @returns the status; null when the connection broke */
async function deliver(url: string, { id, data }: OutgoingEvent): Promise<number | null> {
  const headers = {
    'content-type': 'application/json',
    'x-github-delivery': id,
    'x-github-event': 'issues',
    'x-hub-signature-256': await sign(SECRET, data),
  }
  try {
    const response = await fetch(url, { method: 'POST', headers, body: data })
    await response.arrayBuffer()
    return response.status
  } catch {
    return null
  }
}

/** Each event was brought by exactly one request; all others were duplicates. @returns how many of those */
function checkRequests(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    const verdicts = db.prepare('select verdict, count(*) as count from requests group by verdict').all()
    const counts = new Map(verdicts.map(({ verdict, count }) => [verdict, count]))
    assert.equal(counts.get('accepted'), EVENTS)
    const duplicates = Number(counts.get('duplicate') ?? 0)
    assert.deepEqual([...counts.keys()].sort(), duplicates > 0 ? ['accepted', 'duplicate'] : ['accepted'])
    return duplicates
  } finally {
    db.close()
  }
}
