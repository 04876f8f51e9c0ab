/**
 * An effect that happens once: killed at any moment, the row that a handler wrote is there if and only if its delivery
 * is delivered; what is not, waits to be attempted again.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryId, TenantId } from '../../src/domain/ids.ts'
import { SeededRandom } from '../../src/testing/seeded-random.ts'
import { Child } from './support/child.ts'
import { newFolder } from './support/folder.ts'
import { Shop } from './support/shop.ts'

const KILLS = 4

for (const where of ['same', 'thread']) {
  test(`killed between its writes and the commit, a transaction leaves nothing (${where})`, async () => {
    const folder = newFolder()
    const child = new Child('transacting.ts', folder, where, '1', 'stay')
    await child.linesMatching(/^inside /, 1)
    await child.kill()
    const shop = await Shop.open({ thread: false, folder })
    assert.equal(shop.report.unclean, true)
    assert.equal(shop.report.leasesReleased, 4)
    assert.deepEqual(await shop.orders(), [])
    const stored = child.lines.filter((line) => line.startsWith('stored '))
    assert.equal(stored.length, 4)
    for (const line of stored) assert.equal(await stateOf(shop, line), 'pending')
    await shop.close()
  })

  test(`killed at random moments, no effect is lost or doubled (${where})`, async () => {
    const folder = newFolder()
    const random = new SeededRandom(where.length)
    const printed: string[] = []
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const child = new Child('transacting.ts', folder, where, String(kill))
      await child.linesMatching(/^done /, 1 + Math.floor(random.unit() * 40))
      await child.kill()
      printed.push(...child.lines)
    }
    const shop = await Shop.open({ thread: false, folder })
    const effects = new Set(await shop.orders())
    for (const line of printed) {
      const [what, , id] = line.split(' ')
      const delivered = (await stateOf(shop, line)) === 'delivered'
      assert.equal(delivered, effects.has(id), line)
      if (what === 'done') assert.ok(delivered, `lost: ${line}`)
    }
    await shop.close()
  })
}

async function stateOf(shop: Shop, line: string): Promise<string | undefined> {
  const [, tenantId, id] = line.split(' ')
  return (await shop.world.store.deliveries.get(tenantId as TenantId, id as DeliveryId))?.state
}
