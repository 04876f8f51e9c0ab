/** A disk that is full: that of PostgreSQL's tables, and that of the embedded file. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { OwnPostgres } from '../../test/servers/own-postgres.ts'
import { serverUser } from '../../test/servers/postgres.ts'
import { WhyNot } from '../../test/servers/server.ts'
import { LOOPBACK, ServerProcess } from '../support/server.ts'
import type { CreatedSubscription, Delivery } from '../support/shapes.ts'
import { startTarget } from '../support/targets.ts'
import { elapse, until } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'
import { alive, isReady, refusedWith503 } from './support/health.ts'
import { SmallDisk } from './support/small-disk.ts'
import type { World } from './support/world.ts'

const FULL_MS = inForm(4_000, 15_000)
const LOOK_MS = 200
const GREEN_MS = 30_000

let disk: SmallDisk

/** Its tables are on the small disk; what it writes ahead is not, or it would end itself (PANIC) and not only refuse. */
async function onSmallDisk() {
  const as = serverUser()
  if (as instanceof WhyNot) throw new Error(as.reason)
  disk = await SmallDisk.open(160, as)
  const postgres = await OwnPostgres.start([], { folder: disk.outside, wholly: false })
  const stop = async () => {
    await postgres.stop()
    await disk.dispose()
  }
  return { url: postgres.url, about: postgres.about, stop }
}

/** Leases that there were while the disk was full: what nobody could record may be repeated, each of them once. */
async function leasesWhileFull({ cluster }: World): Promise<Set<string>> {
  const seen = new Set<string>()
  const end = performance.now() + FULL_MS
  while (performance.now() < end) {
    // What is freed meanwhile, as by a vacuum, is taken too.
    await disk.fill()
    const rows = await cluster?.query<{ lease: string }>(
      "select id || ' ' || lease_token as lease from {schema}.pending where lease_token is not null",
    )
    for (const { lease } of rows ?? []) seen.add(lease)
    await elapse(LOOK_MS)
  }
  return seen
}

faultTest('the disk of PostgreSQL is full', { database: onSmallDisk, rate: 50 }, async (world) => {
  await elapse(inForm(1_000, 3_000))
  world.phase('fault')
  await disk.fill()
  const refused = () =>
    refusedWith503(world).then(
      () => true,
      () => false,
    )
  await until('publishes to be refused', refused, { timeoutMs: 30_000 })
  const apisReady = () => Promise.all(world.apis.map(isReady))
  await until('those that accept to be red', async () => !(await apisReady()).includes(true))
  const leases = await leasesWhileFull(world)
  assert.ok(await alive(world))
  await disk.makeRoom()
  const allReady = () => Promise.all(world.processes.map(isReady))
  await until('all of them to be green', async () => !(await allReady()).includes(false), {
    timeoutMs: GREEN_MS,
  })
  world.note(`${leases.size} leases while it was full`)
  return { repeats: leases.size }
})

test('the disk of the embedded file is full', { timeout: 200_000 }, async (t) => {
  const small = await SmallDisk.open(24)
  t.after(() => small.dispose())
  const target = await startTarget()
  t.after(() => target.close())
  const dataDir = join(small.inside, 'data')
  const server = new ServerProcess({ flags: LOOPBACK, dataDir, within: small.within })
  t.after(() => server.dispose())
  await server.start()
  const wanted = { name: 's', url: target.url, events: ['*'], max_in_flight: 20 }
  await server.api.post<CreatedSubscription>('/subscriptions', wanted, 201)
  const accepted = new Set<string>()
  let number = 0
  const publish = async () => {
    number += 1
    const body = { event_type: 'a.b', event_id: `e-${number}`, data: 'x'.repeat(2_000) }
    const { status, headers, text } = await server.api.call('POST', '/events', { body })
    if (status === 202) accepted.add(body.event_id)
    else {
      assert.equal(status, 503, text)
      assert.ok(Number(headers.get('retry-after')) > 0, 'there is no Retry-After')
    }
    return status
  }
  for (let sent = 0; sent < 50; sent += 1) assert.equal(await publish(), 202)
  await small.fill()
  await until('publishes to be refused', async () => (await publish()) === 503, { timeoutMs: 30_000 })
  await until('it to be red', async () => (await publish()) === 503 && !(await isReady(server)))
  const end = performance.now() + FULL_MS
  while (performance.now() < end) {
    await publish()
    await elapse(LOOK_MS)
  }
  const repeatedAtMost = 20
  await small.makeRoom()
  await until('it to be green', () => isReady(server), { timeoutMs: GREEN_MS })
  await until('publishes to be accepted', async () => (await publish()) === 202)
  const all = async () => {
    const rows = await server.api.all<Delivery>('/deliveries')
    return rows.length === accepted.size && rows.every(({ state }) => state === 'delivered')
  }
  await until('all of it to be delivered', all, { timeoutMs: 60_000 })
  assert.deepEqual(new Set(target.requests.map((request) => request.header('webhook-id'))), accepted)
  const repeated = target.requests.length - accepted.size
  assert.ok(repeated <= repeatedAtMost, `${repeated} requests were repeated`)
  t.diagnostic(`${accepted.size} events, ${repeated} requests repeated`)
  assert.deepEqual(await server.kill('SIGTERM'), { code: 0, signal: null }, server.run.stderr)
})
