import assert from 'node:assert/strict'
import { test } from 'node:test'
import { severalTelemetries, TelemetryLog } from '../../src/instance/telemetry-log.ts'
import type { Happening } from '../../src/ports/telemetry.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { Recorder } from '../../src/testing/recorder.ts'

type Line = readonly [level: string, text: string, fields: Record<string, unknown>]

function logOf() {
  const lines: Line[] = []
  const note = (level: string) => (text: string, fields?: object) =>
    void lines.push([level, text, { ...fields }])
  const clock = new FakeClock()
  const log = new TelemetryLog({ info: note('info'), warn: note('warn'), error: note('error') }, clock)
  return { lines, clock, log }
}

const IDS = { tenantId: 'ten_1', requestId: 'req_1', eventId: 'e1', eventType: 'order.paid' }
const OF_DELIVERY = { ...IDS, deliveryId: 'dlv_1', targetId: 'sub_1' }
const REFUSED: Happening = {
  ...{ name: 'inbound.refused', tenantId: 'ten_1', sourceId: 'src_a', requestId: 'req_1' },
  ...{ reason: 'signature_mismatch', status: 401, address: '192.0.2.1' },
}
const RETRIED: Happening = {
  ...{
    name: 'delivery.attempted',
    ...OF_DELIVERY,
    attempt: 1,
    outcome: 'retry',
    statusCode: 503,
    errorCode: 'failed',
  },
  ...{ errorDetail: null, durationMs: 20, latencyMs: 300, nextAttemptAt: 5 },
}
const DEAD: Happening = {
  ...{ name: 'delivery.finished', ...OF_DELIVERY, state: 'dead', attempts: 5, reason: 'failed' },
}

const ABOUT_EVENTS: ReadonlyArray<readonly [level: string, happening: Happening]> = [
  ['warn', RETRIED],
  ['error', DEAD],
  ['warn', { name: 'delivery.stale', ...OF_DELIVERY }],
  ['info', { name: 'event.skipped', ...IDS, sourceId: 'src_a', reason: 'a test event' }],
]

for (const [level, happening] of ABOUT_EVENTS)
  test(`a line of ${happening.name} carries the four ids under the names by which they are searched for`, () => {
    const { lines, log } = logOf()
    log.record(happening)
    const [line] = lines
    assert.deepEqual([line?.[0], line?.[1], lines.length], [level, happening.name, 1])
    const { tenant_id, request_id, event_id, event_type } = line?.[2] ?? {}
    assert.deepEqual([tenant_id, request_id, event_id, event_type], ['ten_1', 'req_1', 'e1', 'order.paid'])
    assert.deepEqual(
      Object.keys(line?.[2] ?? {}).filter((name) => /[A-Z]/.test(name)),
      [],
    )
  })

test('success is no line', () => {
  const { lines, log } = logOf()
  log.record({ ...RETRIED, outcome: 'success' } as Happening)
  log.record({ ...DEAD, state: 'delivered' } as Happening)
  log.record({ name: 'event.published', ...IDS, sourceId: null, deliveries: 1, duplicate: false })
  log.record({
    ...{ name: 'inbound.received', ...IDS, sourceId: 'src_a', verdict: 'accepted', deliveries: 1 },
  })
  assert.deepEqual(lines, [])
})

test('a refused request is told with its address and reason', () => {
  const { lines, log } = logOf()
  log.record(REFUSED)
  assert.deepEqual(lines, [
    [
      'warn',
      'inbound.refused',
      {
        ...{ tenant_id: 'ten_1', source_id: 'src_a', request_id: 'req_1' },
        ...{ reason: 'signature_mismatch', status: 401, address: '192.0.2.1' },
      },
    ],
  ])
})

test('a flood of refused requests is twenty lines a second, and the next line tells how many were not written', async () => {
  const { lines, clock, log } = logOf()
  for (let index = 0; index < 1_000; index += 1) log.record(REFUSED)
  assert.equal(lines.length, 20)
  log.record(DEAD)
  assert.equal(lines.length, 21, 'other lines are not held back')
  await clock.advance(1_000)
  log.record(REFUSED)
  log.record(REFUSED)
  assert.deepEqual(
    lines.slice(21).map(([, , fields]) => fields.untold),
    [980, undefined],
  )
})

test('of several that are told, one that breaks does not keep it from the others', () => {
  const recorder = new Recorder()
  const broken = {
    record: () => {
      throw new Error('broken')
    },
  }
  severalTelemetries([broken, recorder]).record(REFUSED)
  assert.deepEqual(recorder.all('inbound.refused'), [REFUSED])
})
