import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Changes } from '../../src/engine/peers/changes.ts'
import { Peers } from '../../src/engine/peers/peers.ts'
import type { PeerStore, ProcessInfo } from '../../src/ports/peers.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

const SELF: ProcessInfo = { id: 'run_1', name: 'here:1', role: 'worker', version: '0.0.0', startedAt: 0 }

/** A store whose answers are that long on their way, one after the other; then they take no time. */
function started(ways: readonly number[]) {
  const clock = new FakeClock(1_000_000)
  const left = [...ways]
  const heard: number[] = []
  const store: PeerStore = {
    pulse: async () => {
      await clock.advance(left.shift() ?? 0)
      return { now: clock.now(), processes: [{ ...SELF, seenAt: clock.now() }], changed: [], cursor: '0' }
    },
    fact: async (_name, value) => value,
    leave: async () => undefined,
  }
  const peers = new Peers({
    ...{ store, signals: undefined, self: SELF, changes: new Changes(), clock },
    ...{ workers: () => undefined, due: () => undefined, telemetry: { record: () => undefined } },
    agreeOnTime: (_said, wayMs) => heard.push(wayMs),
  })
  return { peers, heard }
}

test('at its start a process asks for the time until the answer was quick', async () => {
  const { peers, heard } = started([800, 60, 3, 3])
  await peers.start()
  await peers.stop()
  assert.deepEqual(heard, [800, 60, 3])
})

test('it does not ask for ever where no answer is quick, and once where the first is', async () => {
  for (const [ways, times] of [
    [[300, 300, 300, 300, 300], 3],
    [[4, 300], 1],
  ] as const) {
    const { peers, heard } = started(ways)
    await peers.start()
    await peers.stop()
    assert.equal(heard.length, times)
  }
})
