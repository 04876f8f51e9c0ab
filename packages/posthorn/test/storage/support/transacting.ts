/**
 * A process that handles deliveries with a row of its own for each, in the commit that marks it delivered, until it is
 * killed. Four at once. Prints `inside` when all writes of a transaction are done and only the commit is missing, and
 * `done` once that is durable. Arguments: folder, `thread` or `same`, a seed, and `stay` to stay inside the first one.
 */
import { writeSync } from 'node:fs'
import { DELIVERED } from '../../../src/testing/store-conformance/world.ts'
import { Shop } from './shop.ts'

const [folder = '', where, seed, stay] = process.argv.slice(2)
const shop = await Shop.open({ thread: where === 'thread', folder, seed: Number(seed) })
const { world } = shop
// Keeps the process alive while it stays inside, where nothing is under way.
process.stdin.resume()

async function handleForEver(): Promise<void> {
  for (;;) {
    const delivery = await shop.leased()
    writeSync(1, `stored ${world.tenantId} ${delivery.id}\n`)
    await shop.transaction(
      async (tx) => {
        await tx.run('insert into orders (id, note) values (?, ?)', [delivery.id, 'paid'])
        await tx.run('update orders set note = ? where id = ?', ['sent', delivery.id])
        writeSync(1, `inside ${world.tenantId} ${delivery.id}\n`)
        if (stay === 'stay') await new Promise(() => {})
      },
      { finish: () => world.finish(delivery, DELIVERED) },
    )
    writeSync(1, `done ${world.tenantId} ${delivery.id}\n`)
  }
}

await Promise.all([handleForEver(), handleForEver(), handleForEver(), handleForEver()])
