import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredEvent } from '../../src/domain/event.ts'
import { ask, makeRig } from './support/api.ts'
import { ATTEMPT, DELIVERY, EVENT } from './support/fake-use-cases.ts'

async function shown(event: Partial<StoredEvent>): Promise<{ text: string; body: Record<string, unknown> }> {
  const stored = { ...EVENT, ...event }
  const rig = makeRig({ events: { get: async () => stored } })
  const response = await ask(rig, 'getEvent')
  assert.equal(response.statusCode, 200)
  return { text: response.body, body: response.json() }
}

async function listed(event: Partial<StoredEvent>): Promise<Record<string, unknown>> {
  const rig = makeRig({ events: { list: async () => ({ items: [{ ...EVENT, ...event }], next: null }) } })
  const response = await ask(rig, 'listEvents')
  return response.json<{ data: Array<Record<string, unknown>> }>().data[0] ?? {}
}

test('JSON data is shown as the text that was published', async () => {
  const data = '{ "b":1.0, "a":12345678901234567890,"__proto__":{"x":1} }'
  const { text } = await shown({ data: Buffer.from(data) })
  assert.ok(text.endsWith(`"data":${data}}`), text)
  assert.ok(
    (await shown({ contentType: 'application/cloudevents+json; charset=utf-8' })).text.includes('"data":{'),
  )
})

test('data that only claims to be JSON does not break the answer', async () => {
  const broken = '{"a":1},"event_id":"forged"'
  assert.equal((await shown({ data: Buffer.from(broken) })).body.data_text, broken)
  const deep = '['.repeat(5000) + ']'.repeat(5000)
  assert.equal((await shown({ data: Buffer.from(deep) })).body.data_text, deep)
  assert.equal((await shown({ data: Buffer.from([0xff]) })).body.data_base64, '/w==')
})

test('other text is shown as text, other bytes as base64', async () => {
  const text = await shown({ contentType: 'text/plain', data: Buffer.from('1\0"é') })
  assert.equal(text.body.data_text, '1\0"é')
  assert.ok(!('data' in text.body))
  const bytes = await shown({ contentType: 'text/plain', data: Buffer.from([0xc3, 0x28]) })
  assert.equal(bytes.body.data_base64, 'wyg=')
  assert.equal(bytes.body.data_bytes, 2)
})

test('a list leaves out data of more than 16 KiB and says so', async () => {
  const small = await listed({ data: Buffer.from(JSON.stringify('x'.repeat(16 * 1024 - 2))) })
  assert.equal(small.data_omitted, false)
  assert.equal(typeof small.data, 'string')
  const large = await listed({ data: Buffer.from(JSON.stringify('x'.repeat(16 * 1024 - 1))) })
  assert.equal(large.data_omitted, true)
  assert.ok(!('data' in large))
  assert.equal(large.data_bytes, 16 * 1024 + 1)
})

test("a handler's delivery names the handler, not a subscription", async () => {
  const rig = makeRig({ deliveries: { get: async () => ({ ...DELIVERY, targetId: 'hdl_stripe-invoice' }) } })
  const body = (await ask(rig, 'getDelivery')).json<Record<string, unknown>>()
  assert.equal(body.handler, 'stripe-invoice')
  assert.equal(body.subscription_id, null)
})

test('an answer of a target is shown as text, and as base64 where the text lies', async () => {
  const responses = ['fine é', 'a\0b', Buffer.from([0xff, 0x41])].map((body) => Buffer.from(body as string))
  const rig = makeRig({
    deliveries: { attempts: async () => responses.map((responseBody) => ({ ...ATTEMPT, responseBody })) },
  })
  const { data } = (await ask(rig, 'listAttempts')).json<{ data: Array<Record<string, unknown>> }>()
  assert.deepEqual(
    data.map(({ response_body, response_base64 }) => [response_body, response_base64]),
    [
      ['fine é', null],
      ['a\ufffdb', 'YQBi'],
      ['\ufffdA', '/0E='],
    ],
  )
})

test('an attempt without an error has none', async () => {
  const attempt = {
    ...ATTEMPT,
    outcome: 'success' as const,
    errorCode: null,
    errorDetail: null,
    statusCode: 200,
  }
  const rig = makeRig({ deliveries: { attempts: async () => [attempt] } })
  const { data } = (await ask(rig, 'listAttempts')).json<{ data: Array<Record<string, unknown>> }>()
  assert.equal(data[0]?.error, null)
})
