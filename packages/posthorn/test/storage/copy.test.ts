/** Whatever is in an embedded store is in the PostgreSQL after a copy: the same by every list, and by every answer. */
import assert from 'node:assert/strict'
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Store } from '../../src/ports/store.ts'
import { ALERT_CASES } from '../../src/testing/store-conformance/alerts.ts'
import { AUDIT_CASES } from '../../src/testing/store-conformance/audit.ts'
import { INBOUND_WALK_CASES } from '../../src/testing/store-conformance/inbound-walk.ts'
import { INSIGHT_CASES } from '../../src/testing/store-conformance/insight.ts'
import { RECORD_CASES } from '../../src/testing/store-conformance/records.ts'
import { SOURCE_CASES } from '../../src/testing/store-conformance/sources.ts'
import { WALK_CASES } from '../../src/testing/store-conformance/walk.ts'
import { type Case, DELIVERED, NOW, World } from '../../src/testing/store-conformance/world.ts'
import { Copies, changed, filled, refusal, replaysOver, unmark } from './support/copying.ts'
import { dump, Names, repeatAll } from './support/dump.ts'
import { useEverything } from './support/everything.ts'
import { newFolder, openAt } from './support/folder.ts'

const copies = new Copies()

type Filling = readonly [name: string, work: (world: World) => Promise<void>]

const FILLINGS: readonly Filling[] = [
  ['nothing at all', async () => {}],
  ['a bit of everything', useEverything],
  [
    'tenants, subscriptions, event types, keys and sources',
    (world) => all(world, [...RECORD_CASES, ...SOURCE_CASES]),
  ],
  ['the audit log and alerts', (world) => all(world, [...AUDIT_CASES, ...ALERT_CASES])],
  ['bulks and counted minutes', (world) => all(world, INSIGHT_CASES)],
  ['what was sent and answered', exchanges],
  ['replays that run', (world) => replaysOver(world, [0, 0, 1, 2, 2])],
  ...[...WALK_CASES.slice(0, 2), ...INBOUND_WALK_CASES.slice(0, 2)].map(
    (one): Filling => [one.name, (world) => one.run(world)],
  ),
]

/** One after the other in one store, as different tenants; cases that a filled store fails are left half done. */
async function all(world: World, cases: readonly Case[]): Promise<void> {
  for (const [index, one] of cases.entries())
    if (one.needs === undefined) await one.run(new World(world.store, 100 + index)).catch(() => undefined)
}

async function exchanges(world: World): Promise<void> {
  for (const exchange of ['https://a/\nA:application/json\n\nL:näh', 'half \ufffd', null]) {
    const leased = world.leased()
    await world.publish({}, leased)
    const attempt = world.attempt(leased.id, { exchange })
    await world.store.deliveries.finish([world.finish(leased, DELIVERED, { attempt })])
  }
}

describe('a copy into PostgreSQL', () => {
  for (const [name, work] of FILLINGS)
    test(`is the same by every list and every answer: ${name}`, async () => {
      const folder = await filled(work)
      const names = new Names(folder)
      const before = await openAt(folder)
      const wanted = await dump(before, names)
      await before.close()
      const schema = copies.newSchema()
      const { digest } = await copies.copy(folder, schema)
      assert.equal(digest.total() === 0, name === 'nothing at all')
      const store = await copies.opened(schema)
      assert.deepEqual(await dump(store, names), wanted)
      await refusal(openAt(folder), 'store_moved', /--unmark/)
      unmark(folder)
      const old = await openAt(folder)
      assert.deepEqual(await repeatAll(store, names), await repeatAll(old, names))
      await old.close()
    })

  test('leaves no event out of a replay, of a clock that went back over midnight', async () => {
    const folder = await filled((world) => replaysOver(world, [0, 1, 0, 1, 2]))
    const left = async (store: Store) => {
      const running = await store.replays.running()
      return (await Promise.all(running.map((one) => store.replays.scan(one, 100)))).map(
        ({ length }) => length,
      )
    }
    const before = await openAt(folder)
    assert.deepEqual(await left(before), [5, 4, 3, 2, 1, 0])
    await before.close()
    const schema = copies.newSchema()
    await copies.copy(folder, schema)
    // The second event stands behind the third one now, which the third replay has still to look at.
    assert.deepEqual(await left(await copies.opened(schema)), [5, 4, 4, 2, 1, 0])
  })

  test('takes what is in the journal of a process that was killed, without its leases', async () => {
    const folder = newFolder()
    const world = new World(await openAt(folder), 1)
    const leased = world.leased()
    await world.publish({}, leased, world.delivery({ dueAt: NOW + 5 }))
    const killed = newFolder()
    cpSync(folder, killed, { recursive: true, filter: (path) => !/posthorn\.(lock|holder)/.test(path) })
    await world.store.close()
    const bytes = readFileSync(join(killed, 'posthorn.db'))
    const schema = copies.newSchema()
    await copies.copy(killed, schema, ({ source, target }) => {
      const unchanged = () => assert.deepEqual(readFileSync(join(killed, 'posthorn.db')), bytes)
      return { source, target: changed(target, { commit: (about) => target.commit(about).then(unchanged) }) }
    })
    const { targetId, tenantId } = world
    const { lanes } = await copies.opened(schema)
    assert.deepEqual(await lanes.due(NOW, 10), [{ targetId, tenantId, at: NOW }])
    const lease = { leaseToken: 'a', leaseUntil: NOW + 1 }
    const claimed = await lanes.claim({ now: NOW, lanes: [{ targetId, limit: 9 }], ...lease })
    assert.deepEqual(
      claimed.map(({ delivery }) => delivery.id),
      [leased.id],
    )
  })

  test('goes on in its order where the old store stopped', async () => {
    const folder = await filled(async (world) => {
      for (let count = 0; count < 5; count += 1) await world.publish({ id: `old ${count}` })
    })
    const schema = copies.newSchema()
    await copies.copy(folder, schema)
    const world = new World(await copies.opened(schema), 1)
    await world.publish({ id: 'new' })
    const ids = (await world.store.events.list(world.eventQuery())).map(({ id }) => id)
    assert.deepEqual(ids, ['new', 'old 4', 'old 3', 'old 2', 'old 1', 'old 0'])
  })
})
