import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bodyContentType, buildBody, isJson } from '../../src/domain/body.ts'
import type { EventRecord } from '../../src/domain/event.ts'
import type { Tenant } from '../../src/domain/records.ts'
import { BODY_FORMATS } from '../../src/domain/subscription.ts'

const TENANT: Tenant = { id: 'ten_1', slug: 'acme', name: 'Acme', createdAt: 0 }
const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
const EVENT: EventRecord = {
  ...{ tenantId: 'ten_1', sourceId: null, id: 'evt_1', type: 'order.paid', contentType: 'application/json' },
  ...{ data: Buffer.from('{"a":1}'), contentHash: '', occurredAt: AT, receivedAt: AT + 1 },
  ...{ requestId: null, trace: null, dedupeUntil: null },
}
const text = (format: (typeof BODY_FORMATS)[number], event: Partial<EventRecord> = {}) =>
  Buffer.from(buildBody(format, { ...EVENT, ...event }, TENANT)).toString()

test('the four formats, character by character', () => {
  const owner = '"tenant":{"id":"ten_1","slug":"acme"}'
  assert.equal(
    text('standard'),
    `{"type":"order.paid","timestamp":"2026-01-02T03:04:05.006Z","data":{"a":1},${owner}}`,
  )
  assert.equal(
    text('envelope'),
    `{"event_id":"evt_1","event_type":"order.paid","occurred_at":"2026-01-02T03:04:05.006Z",${owner},"data":{"a":1}}`,
  )
  assert.equal(text('event'), `{"id":"evt_1","type":"order.paid","timestamp":${AT},"data":{"a":1}}`)
  assert.equal(text('raw'), '{"a":1}')
})

test('JSON text survives byte for byte: digits, white space, order, keys that stand twice', () => {
  const texts = [
    '1.0',
    '12345678901234567890',
    '1e400',
    ' { "b" : 1 ,\n"a":2,"b":3}\t',
    '"\\u00e9é"',
    '-0',
    'null',
  ]
  for (const format of BODY_FORMATS)
    for (const data of texts) {
      const body = text(format, { data: Buffer.from(data) })
      assert.ok(body.includes(data), `${format} ${data}`)
    }
})

test('the envelopes are valid JSON around whatever JSON was published, and hold it', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('standard', 'envelope', 'event'), (data, format) => {
      const parsed = JSON.parse(text(format as 'standard', { data: Buffer.from(data) })) as { data: unknown }
      assert.deepEqual(parsed.data, JSON.parse(data))
    }),
  )
})

test('text goes in as a JSON string; bytes that are no UTF-8 as base64; raw is always just the bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (words) => {
      const data = Buffer.from(words)
      const parsed = JSON.parse(text('standard', { contentType: 'text/plain', data })) as { data: unknown }
      assert.equal(parsed.data, data.toString('utf8'))
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
      const event = { contentType: 'application/octet-stream', data: Uint8Array.of(0xff, ...bytes) }
      const parsed = JSON.parse(text('envelope', event)) as { data_base64: string; data?: unknown }
      assert.deepEqual(Buffer.from(parsed.data_base64, 'base64'), Buffer.from(event.data))
      assert.equal(parsed.data, undefined)
      assert.equal(buildBody('raw', { ...EVENT, ...event }, TENANT), event.data)
    }),
  )
  // A byte order mark belongs to the text.
  assert.match(text('event', { contentType: 'text/csv', data: Buffer.from('\ufeffa') }), /"data":"\ufeffa"/)
})

test('the same event gives the same bytes each time', () => {
  for (const format of BODY_FORMATS) assert.equal(text(format), text(format))
})

const MEDIA: ReadonlyArray<[type: string, json: boolean]> = [
  ['application/json', true],
  ['Application/JSON; charset=utf-8', true],
  ['application/cloudevents+json', true],
  ['application/vnd.github.v3+json ; x=1', true],
  ['application/x-ndjson', false],
  ['application/json-seq', false],
  ['text/plain', false],
  ['text/json', false],
  ['', false],
]
for (const [type, json] of MEDIA)
  test(`${JSON.stringify(type)} is ${json ? '' : 'not '}JSON`, () => assert.equal(isJson(type), json))

test('envelopes are JSON, raw and received are what it was', () => {
  const event = { ...EVENT, contentType: 'text/csv' }
  const types = BODY_FORMATS.map((format) => bodyContentType(format, event))
  const [json, own] = ['application/json', 'text/csv']
  assert.deepEqual(types, [json, json, json, own, own])
})
