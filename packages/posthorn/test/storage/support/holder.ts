/** A process that opens the store, says so, and stays until it is killed. Arguments: folder, `thread` or `same`. */
import { openAt } from './folder.ts'

const [folder = '', where] = process.argv.slice(2)
const store = await openAt(folder, { thread: where === 'thread' })
await store.upkeep.ping()
// A file handle that keeps the process alive, with or without the store's thread.
process.stdin.resume()
process.stdin.on('end', async () => {
  await store.close()
})
console.log('ready')
