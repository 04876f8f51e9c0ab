import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TenantId } from '../../src/domain/ids.ts'
import type { UseCases } from '../../src/engine/use-cases.ts'
import { openShop, SECRET, tempFolder } from './support/shop.ts'

const SECRETS: Readonly<Record<string, (use: UseCases, tenantId: TenantId) => Promise<unknown>>> = {
  subscription: (use, tenantId) =>
    use.subscriptions.create(tenantId, { name: 'a', url: 'https://example.com/', events: ['*'] }),
  source: (use, tenantId) =>
    use.sources.create(tenantId, { slug: 'stripe', provider: 'stripe', secrets: [SECRET] }),
}

for (const [what, create] of Object.entries(SECRETS))
  test(`with another secret key nothing starts that could not open the secrets of a ${what}`, async () => {
    using folder = tempFolder()
    const { dataDir } = folder
    const shop = await openShop({ dataDir })
    await create(shop.posthorn.use, shop.tenant.id)
    await shop.close()
    await assert.rejects(openShop({ dataDir, secretKey: 'another secret key for these tests' }), {
      code: 'secret_unreadable',
    })
    const again = await openShop({ dataDir })
    await again.close()
  })
