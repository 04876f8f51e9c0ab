/** From what happens to the page of Prometheus. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REFUSAL_REASONS } from '@posthorn/receiver'
import { Meters } from '../../src/instance/meters.ts'
import { METRICS, prometheusName } from '../../src/instance/metrics.ts'
import { OwnMeter } from '../../src/instance/own-meter.ts'
import { ownResource } from '../../src/instance/own-resource.ts'
import type { StoreCounts } from '../../src/ports/store.ts'
import type { Happening } from '../../src/ports/telemetry.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

type Of<N extends Happening['name']> = Extract<Happening, { name: N }>

const IDS = { tenantId: 'ten_1', requestId: null, eventId: 'e1', eventType: 'order.paid' }
const OF_DELIVERY = { ...IDS, deliveryId: 'dlv_1', targetId: 'sub_1' }

const published = (more: Partial<Of<'event.published'>> = {}): Happening => ({
  ...{ name: 'event.published', ...IDS, sourceId: null, deliveries: 2, duplicate: false },
  ...more,
})
const received = (more: Partial<Of<'inbound.received'>> = {}): Happening => ({
  ...{
    name: 'inbound.received',
    ...IDS,
    sourceId: 'src_a',
    requestId: 'req_1',
    verdict: 'accepted',
    deliveries: 1,
  },
  ...more,
})
const attempted = (more: Partial<Of<'delivery.attempted'>> = {}): Happening => ({
  ...{ name: 'delivery.attempted', ...OF_DELIVERY, attempt: 1, outcome: 'success', statusCode: 200 },
  ...{ errorCode: null, errorDetail: null, durationMs: 20, latencyMs: 300, nextAttemptAt: null },
  ...more,
})
const finished = (more: Partial<Of<'delivery.finished'>> = {}): Happening => ({
  ...{ name: 'delivery.finished', ...OF_DELIVERY, state: 'delivered', attempts: 1, reason: null },
  ...more,
})
const refused = (reason: string): Happening => ({
  ...{ name: 'inbound.refused', tenantId: 'ten_1', sourceId: 'src_a', requestId: null, reason },
  ...{ status: 401, address: '192.0.2.1' },
})

/** @returns the lines of the page that are of one of the metrics, as Prometheus names them */
function world(
  counts: () => Promise<StoreCounts> = async () => ({ pending: 7, dead: 2, oldestDueAt: null }),
) {
  const clock = new FakeClock()
  const own = new OwnMeter(ownResource(), [])
  const process = { slots: 64, inFlight: () => 3, intakeBytes: () => 1024 }
  const meters = new Meters({ meter: own.meter, upkeep: { counts }, clock, ...process })
  const lines = async (...names: string[]) =>
    (await own.scrape())
      .split('\n')
      .filter((line) => names.some((name) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)))
  return { clock, meters, lines, page: () => own.scrape(), [Symbol.asyncDispose]: () => own.close() }
}

async function told(happenings: readonly Happening[], ...names: string[]): Promise<string[]> {
  await using page = world()
  for (const happening of happenings) page.meters.record(happening)
  return await page.lines(...names)
}

const CASES: ReadonlyArray<
  [what: string, happenings: readonly Happening[], names: string[], lines: string[]]
> = [
  [
    'a publish is counted with its deliveries, a duplicate apart',
    [published(), published({ duplicate: true })],
    ['webhook_published_total', 'webhook_enqueued_total', 'webhook_duplicate_total'],
    [
      'webhook_published_total{event_type="order.paid"} 1',
      'webhook_duplicate_total{event_type="order.paid"} 1',
      'webhook_enqueued_total{event_type="order.paid"} 2',
    ],
  ],
  [
    'what a request brought is counted by source and type, a duplicate too, one let through as new',
    [received(), received({ verdict: 'duplicate', deliveries: 0 }), received({ verdict: 'redelivered' })],
    ['webhook_received_total', 'webhook_enqueued_total', 'webhook_duplicate_total'],
    [
      'webhook_received_total{source="src_a",event_type="order.paid"} 3',
      'webhook_duplicate_total{source="src_a",event_type="order.paid"} 1',
      'webhook_enqueued_total{event_type="order.paid"} 2',
    ],
  ],
  [
    'refusals are counted by reason, those about the signature also by themselves',
    [refused('signature_mismatch'), refused('rate_limited'), refused('key_unavailable')],
    ['webhook_signature_failed_total', 'webhook_refused_total'],
    [
      'webhook_signature_failed_total{source="src_a",reason="signature_mismatch"} 1',
      'webhook_refused_total{source="src_a",reason="signature_mismatch"} 1',
      'webhook_refused_total{source="src_a",reason="rate_limited"} 1',
      'webhook_refused_total{source="src_a",reason="key_unavailable"} 1',
    ],
  ],
  [
    'a handshake, a diagnosis with two causes, an event for nobody',
    [
      { name: 'inbound.handshake', tenantId: 'ten_1', sourceId: 'src_a', requestId: null, status: 200 },
      {
        ...{ name: 'inbound.diagnosed', tenantId: 'ten_1', sourceId: 'src_a', requestId: null },
        ...{ reason: 'signature_mismatch', causes: ['crlf', 'bom'], detail: '', remedy: '' },
      },
      { name: 'event.skipped', ...IDS, sourceId: 'src_a', reason: 'a test event' },
    ],
    ['webhook_handshakes_total', 'webhook_diagnosed_total', 'webhook_skipped_total'],
    [
      'webhook_diagnosed_total{source="src_a",cause="crlf"} 1',
      'webhook_diagnosed_total{source="src_a",cause="bom"} 1',
      'webhook_handshakes_total{source="src_a"} 1',
      'webhook_skipped_total{source="src_a",event_type="order.paid"} 1',
    ],
  ],
  [
    'success and death of deliveries, to a subscription and to a handler',
    [finished(), finished({ state: 'dead' }), finished({ targetId: 'hdl_a:*' })],
    ['webhook_processed_total', 'delivery_dead_total'],
    [
      'webhook_processed_total{event_type="order.paid",target="subscription"} 1',
      'webhook_processed_total{event_type="order.paid",target="handler"} 1',
      'delivery_dead_total{event_type="order.paid",target="subscription"} 1',
    ],
  ],
  [
    'failed attempts by their number, from the tenth on together',
    [
      attempted(),
      attempted({ outcome: 'retry', attempt: 2 }),
      attempted({ outcome: 'fatal', attempt: 10, targetId: 'hdl_a:*' }),
      attempted({ outcome: 'retry', attempt: 4_000 }),
    ],
    ['webhook_failed_total', 'delivery_attempted_total', 'delivery_latency_seconds_count'],
    [
      'webhook_failed_total{event_type="order.paid",attempt="2"} 1',
      'webhook_failed_total{event_type="order.paid",attempt="10+"} 2',
      'delivery_attempted_total{outcome="success",target="subscription"} 1',
      'delivery_attempted_total{outcome="retry",target="subscription"} 2',
      'delivery_attempted_total{outcome="fatal",target="handler"} 1',
      'delivery_latency_seconds_count 1',
    ],
  ],
  [
    'how long attempts took by type, whatever came of them',
    [attempted({ durationMs: 20 }), attempted({ durationMs: 400, outcome: 'retry' })],
    ['webhook_processing_seconds_count', 'webhook_processing_seconds_sum'],
    [
      'webhook_processing_seconds_count{event_type="order.paid"} 2',
      'webhook_processing_seconds_sum{event_type="order.paid"} 0.42000000000000004',
    ],
  ],
  [
    'what goes wrong inside, with a zero to begin with where there is nothing to tell apart',
    [
      { name: 'store.failed', operation: 'insert', error: 'away' },
      { name: 'service.failed', service: 'sweeper', error: 'away' },
      { name: 'queue.failed', queue: 'bullmq', error: 'away', count: 2 },
      { name: 'lease.expired', count: 3 },
      { name: 'delivery.stale', ...OF_DELIVERY },
      { name: 'target.opened', targetId: 'sub_1', until: 1 },
      { name: 'replay.advanced', tenantId: 'ten_1', replayId: 'rpl_1', created: 40, done: false },
      { name: 'retention.pruned', events: 1, deliveries: 2, attempts: 3 },
    ],
    [
      ...['store_failed_total', 'service_failed_total', 'queue_failed_total'],
      ...['lease_expired_total', 'delivery_stale_total'],
      ...[
        'target_opened_total',
        'replay_created_total',
        'retention_pruned_total',
        'subscription_disabled_total',
      ],
    ],
    [
      'delivery_stale_total 1',
      'target_opened_total 1',
      'subscription_disabled_total 0',
      'replay_created_total 40',
      'retention_pruned_total{what="events"} 1',
      'retention_pruned_total{what="deliveries"} 2',
      'retention_pruned_total{what="attempts"} 3',
      'lease_expired_total 3',
      'store_failed_total{operation="insert"} 1',
      'service_failed_total{service="sweeper"} 1',
      'queue_failed_total{queue="bullmq"} 2',
    ],
  ],
]

for (const [what, happenings, names, lines] of CASES)
  test(what, async () => assert.deepEqual(await told(happenings, ...names), lines))

test('gauges tell what the store and the process hold now', async () => {
  const oldestDueAt = Date.UTC(2026, 0, 1)
  await using page = world(async () => ({ pending: 7, dead: 2, oldestDueAt }))
  await page.clock.advance(90_000)
  const names = [
    'webhook_queue_depth',
    'webhook_dead',
    'delivery_oldest_due_seconds',
    'delivery_in_flight',
    'delivery_slots',
    'intake_bytes',
  ]
  assert.deepEqual(await page.lines(...names), [
    'webhook_queue_depth 7',
    'webhook_dead 2',
    'delivery_oldest_due_seconds 90',
    'delivery_in_flight 3',
    'delivery_slots 64',
    'intake_bytes 1024',
  ])
  const [memory] = await page.lines('process_resident_memory_bytes')
  assert.ok(Number(memory?.split(' ')[1]) > 1_000_000, memory)
  const loop = await page.lines('process_event_loop_seconds_total')
  assert.deepEqual(
    loop.map((line) => line.split(' ')[0]),
    ['process_event_loop_seconds_total{state="active"}', 'process_event_loop_seconds_total{state="idle"}'],
  )
})

test('nothing that waits is late, and a clock set back makes no negative age', async () => {
  await using page = world(async () => ({ pending: 1, dead: 0, oldestDueAt: Date.UTC(2027, 0, 1) }))
  assert.deepEqual(await page.lines('delivery_oldest_due_seconds'), ['delivery_oldest_due_seconds 0'])
})

test('a store that does not answer hides its own gauges and nothing else', async () => {
  await using page = world(() => Promise.reject(new Error('the disk is away')))
  page.meters.record(published())
  const lines = await page.lines('webhook_published_total', 'webhook_queue_depth', 'delivery_slots')
  assert.deepEqual(lines, ['webhook_published_total{event_type="order.paid"} 1', 'delivery_slots 64'])
})

test('made-up event types and sources do not make series without end', async () => {
  await using page = world()
  for (let index = 0; index < 5_000; index += 1) {
    const eventType = `made.up${index}`
    page.meters.record(received({ eventType, sourceId: `src_${index % 300}` }))
    page.meters.record(attempted({ eventType, outcome: 'retry', attempt: 1 + (index % 20) }))
    page.meters.record(finished({ eventType }))
  }
  const sum = (lines: string[]) => lines.reduce((total, line) => total + Number(line.split(' ')[1]), 0)
  for (const name of [
    'webhook_received_total',
    'webhook_failed_total',
    'webhook_processed_total',
    'webhook_processing_seconds_count',
  ]) {
    const lines = await page.lines(name)
    assert.ok(lines.length <= 1_501, `${name}: ${lines.length}`)
    assert.equal(sum(lines), 5_000, `${name}: nothing is lost`)
  }
  const processed = await page.lines('webhook_processed_total')
  assert.equal(processed.length, 201)
  assert.equal(processed.at(-1), 'webhook_processed_total{event_type="other",target="subscription"} 4800')
})

test('a type called other is no way around the limit', async () => {
  await using page = world()
  page.meters.record(published({ eventType: 'other' }))
  for (let index = 0; index < 300; index += 1) page.meters.record(published({ eventType: `made.up${index}` }))
  const lines = await page.lines('webhook_published_total')
  assert.equal(lines.length, 200)
  assert.equal(lines[0], 'webhook_published_total{event_type="other"} 102')
})

test('every reason that speaks of the signature counts as a signature failure, and no other does', async () => {
  const reasons = Object.keys(REFUSAL_REASONS)
  const lines = await told(reasons.map(refused), 'webhook_signature_failed_total')
  const counted = lines.map((line) => /reason="([a-z_]+)"/.exec(line)?.[1])
  const others = reasons.filter((reason) => !counted.includes(reason))
  assert.deepEqual(others.sort(), [
    ...['body_malformed', 'body_not_bytes', 'body_too_large', 'crypto_failed', 'key_unavailable'],
    ...['not_allowed', 'request_malformed'],
  ])
})

test('the page tells each metric of the table by its name and attributes, and nothing else', async () => {
  await using page = world()
  const all = CASES.flatMap(([, happenings]) => happenings)
  for (const happening of all) page.meters.record(happening)
  const text = await page.page()
  const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind])
  const table = Object.keys(METRICS).map((name) => {
    const known = name as keyof typeof METRICS
    return [prometheusName(known), METRICS[known].kind]
  })
  assert.deepEqual(families.sort(), [['target_info', 'gauge'], ...table].sort())
  for (const [name, { by }] of Object.entries(METRICS)) {
    const plain = prometheusName(name as keyof typeof METRICS)
    const series = text
      .split('\n')
      .filter((line) => new RegExp(`^${plain}(?:_bucket|_count|_sum)?[{ ]`).test(line))
    assert.ok(series.length > 0, `${plain} has no series`)
    const labels = new Set(
      series.flatMap((line) => [...line.matchAll(/[{,](\w+)="/g)].map((match) => match[1])),
    )
    labels.delete('le')
    assert.deepEqual([...labels].sort(), [...by].sort(), plain)
  }
})
