/**
 * The promises of `ports/queue.ts` as tests that any queue can run: a harness opens the queue, the suite does the rest.
 * It takes real time, a few seconds in all, since a server behind a queue has a clock of its own.
 *
 * ```ts
 * testQueue('mine', { open: async () => ({ queue: () => openMine(), close: async () => {} }), keepsTimes: true })
 * ```
 */
import { test } from 'node:test'
import { FAULT_CASES } from './queue-conformance/faults.ts'
import { PROCESS_CASES } from './queue-conformance/processes.ts'
import { TIME_CASES } from './queue-conformance/times.ts'
import { type QueuePlace, QueueWorld } from './queue-conformance/world.ts'

export interface QueueHarness {
  /** Something new and empty that queues can share. */
  open(): Promise<QueuePlace>
  /** Whether several processes can share it. @default false */
  readonly shared?: boolean
  /** Whether it keeps several times; else it may forget all but the earliest. @default false */
  readonly keepsTimes?: boolean
  /** The longest that a wake-up may be late on this machine; ms. @default 1500 */
  readonly lateMs?: number
}

const CASES = [...TIME_CASES, ...PROCESS_CASES, ...FAULT_CASES]
const TIMEOUT_MS = 60_000

/**
 * Declares the whole suite as tests of `node:test`, each with a place of its own.
 * @param name stands before each test's name
 */
export function testQueue(name: string, harness: QueueHarness): void {
  for (const entry of CASES)
    test(`${name}: ${entry.name}`, { timeout: TIMEOUT_MS }, async (t) => {
      const place = await harness.open()
      const world = new QueueWorld(place, harness.lateMs)
      try {
        const missing = (entry.needs ?? []).find((need) => !(harness[need as 'shared'] ?? need in place))
        if (missing === undefined) await entry.run(world)
        else t.skip(`this queue lacks the capability "${missing}"`)
      } finally {
        await world.close()
        await place.close()
      }
    })
}
