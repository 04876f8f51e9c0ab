import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetId, TenantId } from '../../src/domain/ids.ts'
import { createRefill } from '../../src/engine/upkeep/refill.ts'
import type { WakeUp } from '../../src/ports/queue.ts'
import type { LaneStore } from '../../src/ports/store.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { Recorder } from '../../src/testing/recorder.ts'

test('what is due and what falls due soon is announced again within 30 seconds, again and again', async () => {
  const clock = new FakeClock(0)
  const [due, soon, far] = [0, 50_000, 10_000_000]
  const stored = [due, soon, far].map((at, index) => ({
    targetId: `sub_${index}` as TargetId,
    tenantId: 'ten_a' as TenantId,
    at,
  }))
  const lanes = { due: async (now: number) => stored.filter(({ at }) => at <= now) } as unknown as LaneStore
  const announced: WakeUp[] = []
  const queue = {
    announce: (all: readonly WakeUp[]) => announced.push(...all),
    start: async () => undefined,
    stop: async () => undefined,
  }
  const refill = createRefill({ lanes, queue, clock, telemetry: new Recorder() })
  await refill.start()
  for (let round = 0; round < 2; round += 1) {
    announced.length = 0
    await clock.advance(30_000)
    for (const at of [due, soon]) assert.ok(announced.some((one) => one.at === at))
    assert.ok(announced.every((one) => one.at !== far))
  }
  await refill.stop()
  assert.equal(clock.waiting, 0)
})
