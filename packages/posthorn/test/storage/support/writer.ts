/**
 * A process that publishes until it is killed: four callers at once, each prints an id only after its promise has
 * resolved. Arguments: folder, `thread` or `same`, a seed.
 */
import { writeSync } from 'node:fs'
import { NOW, World } from '../../../src/testing/store-conformance/world.ts'
import { openAt } from './folder.ts'

const [folder = '', where, seed] = process.argv.slice(2)
const store = await openAt(folder, { thread: where === 'thread' })
const world = new World(store, Number(seed))

/** Publishes, and finishes every second one; both are printed once they are durable. */
async function publishForEver(): Promise<void> {
  for (let count = 0; ; count += 1) {
    const [leased, waiting] = [world.leased(), world.delivery()]
    const event = world.event()
    await world.publish(event, leased, waiting)
    writeSync(1, `stored ${event.tenantId} ${event.id}\n`)
    if (count % 2 === 0) continue
    await store.deliveries.finish([world.finish(leased, { to: 'delivered', at: NOW, statusCode: 200 })])
    writeSync(1, `delivered ${event.tenantId} ${leased.id}\n`)
  }
}

await Promise.all([publishForEver(), publishForEver(), publishForEver(), publishForEver()])
