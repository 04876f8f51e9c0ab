import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createReceiver, standardWebhooks } from '@posthorn/receiver'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import type { LibraryEvent } from '../../src/library/posthorn.ts'
import { openShop } from './support/shop.ts'

const text = (data: Uint8Array) => Buffer.from(data).toString()

test('data is stored as its JSON, bytes as they are, under the id that was given or one that was made', async () => {
  await using shop = await openShop()
  const { posthorn, tenant } = shop
  const stored = async (id: string) => posthorn.use.events.get(tenant.id, id)
  const made = await posthorn.publish({ type: 'order.paid', data: { amount: 42, note: null } })
  assert.match(made.eventId, /^evt_/)
  assert.equal(text((await stored(made.eventId)).data), '{"amount":42,"note":null}')
  const bytes = Buffer.from('a;b\n')
  const given = { type: 'order.export', bytes, contentType: 'text/csv', id: 'export-1' }
  assert.deepEqual(await posthorn.publish(given), { eventId: 'export-1', deliveries: 0, duplicate: false })
  assert.equal((await posthorn.publish(given)).duplicate, true)
  const event = await stored('export-1')
  assert.deepEqual([event.contentType, text(event.data)], ['text/csv', 'a;b\n'])
  await assert.rejects(posthorn.publish({ ...given, bytes: Buffer.from('c') }), { code: 'event_conflict' })
})

const type = 'order.paid'
const REFUSED: ReadonlyArray<[what: string, event: LibraryEvent, code: string]> = [
  ['data that JSON cannot carry', { type, data: undefined }, 'invalid_request'],
  ['a function as data', { type, data: () => 1 }, 'invalid_request'],
  [
    'bytes that call themselves JSON',
    { type, bytes: Buffer.from('{'), contentType: 'application/json' },
    'json_malformed',
  ],
  ['a type that is none', { type: 'order paid', data: 1 }, 'invalid_request'],
  ['a date that is none', { type, data: 1, deliverAt: new Date('tomorrow') }, 'invalid_request'],
  ['a tenant that is not there', { type, data: 1, tenant: 'nobody' }, 'not_found'],
]

for (const [what, event, code] of REFUSED)
  test(`${what} is refused`, async () => {
    await using shop = await openShop()
    await assert.rejects(shop.posthorn.publish(event), { code })
  })

test('an event of another tenant is stored there', async () => {
  await using shop = await openShop()
  const other = await shop.posthorn.use.tenants.create({ slug: 'other' })
  const { eventId } = await shop.posthorn.publish({ type, data: 1, tenant: 'other' })
  assert.equal((await shop.posthorn.use.events.get(other.id, eventId)).tenantId, other.id)
  await assert.rejects(shop.posthorn.use.events.get(shop.tenant.id, eventId), { code: 'not_found' })
})

test('end to end in one process: published here, signed, posted, verified and stored there', async () => {
  await using shop = await openShop({ allowHttp: true, allowNetworks: ['127.0.0.0/8'] })
  const { posthorn, clock, tenant, recorder } = shop
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const received: string[] = []
  const receiver = createReceiver({ scheme: standardWebhooks(), secrets: [secret], clock: () => clock.now() })
  const onEvent = ({ id, body }: { id: string | undefined; body: Uint8Array }) =>
    void received.push(`${id} ${(JSON.parse(text(body)) as { data: unknown }).data}`)
  const onError = (error: Error) => assert.fail(error)
  const server = createServer(nodeHttpAdapter({ receiver, onEvent, onError })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await posthorn.use.subscriptions.create(tenant.id, { name: 'there', url, events: ['*'], secret })
  await posthorn.start()
  await posthorn.publish({ type, data: 'hello', id: 'one' })
  const { state } = await recorder.next('delivery.finished')
  assert.deepEqual([state, received], ['delivered', ['one hello']])
  server.closeAllConnections()
  server.close()
})
