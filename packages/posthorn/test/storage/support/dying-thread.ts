/** A store's thread that opens, takes one message and dies. */
import { parentPort } from 'node:worker_threads'

const migrated = { from: 0, to: 0 }
const report = {
  migrated,
  checked: false,
  unclean: false,
  leasesReleased: 0,
  lanesRepaired: 0,
  lanesPostponed: 0,
}
parentPort?.once('message', () => {
  throw new Error('died of a test')
})
parentPort?.postMessage({ kind: 'opened', report })
