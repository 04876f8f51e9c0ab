/** A process that uses a store in a thread, does not close it, and has nothing more to do. Argument: folder. */
import { World } from '../../../src/testing/store-conformance/world.ts'
import { openAt } from './folder.ts'

const world = new World(await openAt(process.argv[2] ?? '', { thread: true }), 1)
await world.publish({})
console.log(`listed ${(await world.store.events.list(world.eventQuery())).length}`)
