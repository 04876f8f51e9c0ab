/**
 * Promise 1: what was accepted is there after `kill -9` at any moment. A process publishes and prints what has become
 * durable; it is killed; then everything printed must be found, whole, and nothing half done.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { DeliveryId, TenantId } from '../../src/domain/ids.ts'
import type { SqliteStore } from '../../src/storage/sqlite/open.ts'
import { SeededRandom } from '../../src/testing/seeded-random.ts'
import { Child } from './support/child.ts'
import { newFolder, openAt } from './support/folder.ts'

const KILLS = 5
/** Later than every due time and every lease of the writer. */
const FAR = Date.UTC(2100, 0, 1)

for (const where of ['same', 'thread'])
  test(`killed at random moments, the store has lost nothing it said it had (${where})`, async () => {
    const folder = newFolder()
    const random = new SeededRandom(where.length)
    const printed: string[] = []
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const writer = new Child('writer.ts', folder, where, String(kill))
      await writer.linesRead(1 + Math.floor(random.unit() * 150))
      await writer.kill()
      printed.push(...writer.lines)
      const store = await openAt(folder)
      assert.equal(store.report.unclean, true)
      assert.equal(store.report.checked, true)
      assert.equal(store.report.lanesRepaired, 0)
      await assertWhole(store, printed)
      await store.close()
      assertSound(folder)
    }
    assert.ok(printed.length > KILLS)
  })

async function assertWhole(store: SqliteStore, printed: readonly string[]): Promise<void> {
  for (const line of printed) {
    const [what, tenantId, id] = line.split(' ')
    if (what === 'stored') {
      const event = await store.events.get(tenantId as TenantId, null, id ?? '')
      assert.ok(event, `lost: ${line}`)
      const query = { tenantId: event.tenantId, state: null, targetId: null, eventKey: event.key }
      const rest = { eventType: null, since: null, until: null, before: null, limit: 9 }
      assert.equal((await store.deliveries.list({ ...query, ...rest })).length, 2, `half stored: ${line}`)
    } else {
      const delivery = await store.deliveries.get(tenantId as TenantId, id as DeliveryId)
      assert.equal(delivery?.state, 'delivered', `forgotten: ${line}`)
      assert.equal((await store.deliveries.attempts(delivery.tenantId, delivery.id)).length, 1)
    }
  }
  assert.equal(await store.lanes.expireLeases(FAR, 10), 0, 'a lease of the dead process is left')
}

/** Beside the store: SQLite's own check, and every lane against what waits in it. */
function assertSound(folder: string): void {
  const db = new DatabaseSync(join(folder, 'posthorn.db'), { readOnly: true })
  assert.equal(db.prepare('pragma integrity_check').get()?.integrity_check, 'ok')
  const wrong = db
    .prepare(`
      select target_id from deliveries where state = 'pending' group by target_id
      having min(due_at) is not (select due_at from lanes where lanes.target_id = deliveries.target_id)`)
    .all()
  assert.deepEqual(wrong, [])
  const orphans = db
    .prepare('select id from deliveries where event_key not in (select key from events)')
    .all()
  assert.deepEqual(orphans, [])
  db.close()
}
