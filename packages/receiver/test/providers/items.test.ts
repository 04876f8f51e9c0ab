import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { nodeCrypto } from '@posthorn/receiver/node'
import {
  createProviderReceiver,
  type EventItem,
  eventItems,
  MAX_ITEMS,
  PROVIDERS,
  type ProviderName,
} from '@posthorn/receiver/providers'
import fc from 'fast-check'
import { elementSpans } from '../../src/providers/element-spans.ts'

const event = (body: Uint8Array | string, over = {}) => {
  const bytes = Buffer.from(body)
  return {
    ok: true as const,
    id: 'whole',
    type: 'batch',
    timestamp: undefined,
    secretIndex: 0,
    contentType: 'application/json',
    body: bytes,
    payload: undefined,
    ...over,
  }
}
const itemsOf = (name: ProviderName, body: unknown): readonly EventItem[] =>
  eventItems(PROVIDERS[name].items, event(typeof body === 'string' ? body : JSON.stringify(body)))
const told = (items: readonly EventItem[]) =>
  items.map(({ id, type, body, exact, duplicateOf }) => [
    id,
    type,
    Buffer.from(body).toString(),
    exact,
    duplicateOf,
  ])

test('SendGrid: one signature check, then each item with its own id, type and exact bytes', async () => {
  const vectors = JSON.parse(readFileSync(new URL('../vectors/providers.json', import.meta.url), 'utf8'))
  const vector = vectors.find(({ name }: { name: string }) => name === 'sendgrid-ecdsa-batch-of-2-crlf')
  const receiver = createProviderReceiver({
    provider: PROVIDERS.sendgrid,
    secrets: [vector.publicKey],
    crypto: nodeCrypto(),
    clock: () => Number(vector.timestamp) * 1000,
  })
  const headers = {
    [vector.header]: vector.expected,
    'X-Twilio-Email-Event-Webhook-Timestamp': vector.timestamp,
    'content-type': 'application/json',
  }
  const result = await receiver.verify({ headers, body: Buffer.from(vector.body) })
  assert.ok(result.ok)
  const items = eventItems(PROVIDERS.sendgrid.items, result)
  assert.deepEqual(
    items.map(({ id, type }) => [id, type]),
    [
      ['cHJvY2Vzc2VkLTE5OTQyMTEyLXFOd0JMZ1BRUWpXNkRKdktRd1NBYnctMA', 'processed'],
      ['Ym91bmNlLTAtMTk5NDIxMTItcU53QkxnUFFRalc2REp2S1F3U0Fidy0w', 'bounce'],
    ],
  )
  assert.equal(
    `[${items.map(({ body }) => Buffer.from(body)).join(',\r\n')}]\r\n`,
    vector.body,
    'nothing was written anew',
  )
})

test('HubSpot: the id tells apart what shares an eventId; a repetition in one batch is marked', () => {
  const item = { eventId: 1, subscriptionId: 2, occurredAt: 3, subscriptionType: 'contact.creation' }
  const items = itemsOf('hubspot', [item, { ...item, occurredAt: 4 }, { ...item, attemptNumber: 1 }])
  assert.deepEqual(
    items.map(({ id, duplicateOf }) => [id, duplicateOf]),
    [
      ['1-2-3', undefined],
      ['1-2-4', undefined],
      ['1-2-3', 0],
    ],
  )
})

test('Adyen: each item alone in the envelope, with the payment, the event and its success for an id', () => {
  const entry = (pspReference: string, success: string) => ({
    NotificationRequestItem: { pspReference, eventCode: 'AUTHORISATION', success },
  })
  const items = itemsOf('adyen', {
    live: 'true',
    notificationItems: [entry('p1', 'true'), entry('p1', 'false'), entry('p1', 'true')],
  })
  assert.deepEqual(told(items), [
    [
      'p1-AUTHORISATION-true',
      'AUTHORISATION',
      JSON.stringify({ live: 'true', notificationItems: [entry('p1', 'true')] }),
      false,
      undefined,
    ],
    [
      'p1-AUTHORISATION-false',
      'AUTHORISATION',
      JSON.stringify({ live: 'true', notificationItems: [entry('p1', 'false')] }),
      false,
      undefined,
    ],
    [
      'p1-AUTHORISATION-true',
      'AUTHORISATION',
      JSON.stringify({ live: 'true', notificationItems: [entry('p1', 'true')] }),
      false,
      0,
    ],
  ])
})

test('Okta, Auth0, Xero, CloudEvents: exact bytes of each item; Graph keeps what stands beside the list', () => {
  assert.deepEqual(
    told(
      itemsOf(
        'okta',
        '{"eventId":"e", "data":{"events":[ {"uuid":"u1","eventType":"a.b"} ,{"uuid":"u2","eventType":"c.d"}]}}',
      ),
    ),
    [
      ['u1', 'a.b', '{"uuid":"u1","eventType":"a.b"}', true, undefined],
      ['u2', 'c.d', '{"uuid":"u2","eventType":"c.d"}', true, undefined],
    ],
  )
  assert.deepEqual(
    itemsOf('auth0', [{ log_id: 'l1', data: { type: 's' } }]).map(({ id, type }) => [id, type]),
    [['l1', 's']],
  )
  assert.deepEqual(
    told(
      itemsOf(
        'ms-graph',
        '{"value":[{"changeType":"created","resource":"a"},{"lifecycleEvent":"missed"}],"validationTokens":["t"]}',
      ),
    ),
    [
      [
        undefined,
        'created',
        '{"value":[{"changeType":"created","resource":"a"}],"validationTokens":["t"]}',
        false,
        undefined,
      ],
      [
        undefined,
        'missed',
        '{"value":[{"lifecycleEvent":"missed"}],"validationTokens":["t"]}',
        false,
        undefined,
      ],
    ],
  )
  assert.equal(PROVIDERS['ms-graph'].withoutId, 'nothing')
  assert.deepEqual(
    itemsOf('xero', { events: [{ eventCategory: 'INVOICE', eventType: 'CREATE' }] }).map(({ id, type }) => [
      id,
      type,
    ]),
    [[undefined, 'INVOICE.CREATE']],
  )
  const cloud = (id: string) => ({ specversion: '1.0', source: '/a', id, type: 't' })
  assert.deepEqual(
    itemsOf('cloudevents', [cloud('1'), cloud('2'), cloud('1')]).map(({ id, duplicateOf }) => [
      id,
      duplicateOf,
    ]),
    [
      ['/a 1', undefined],
      ['/a 2', undefined],
      ['/a 1', 0],
    ],
  )
})

test('Meta and WhatsApp: each change or message in its own envelope', () => {
  const value = (text: string) => ({ field: 'feed', value: { text } })
  const items = itemsOf('meta', {
    object: 'page',
    entry: [
      { id: '1', changes: [value('a'), value('b')] },
      { id: '2', changes: [value('c')] },
    ],
  })
  assert.deepEqual(
    items.map(({ type, body }) => [type, JSON.parse(Buffer.from(body).toString())]),
    [
      ['page.feed', { object: 'page', entry: [{ id: '1', changes: [value('a')] }] }],
      ['page.feed', { object: 'page', entry: [{ id: '1', changes: [value('b')] }] }],
      ['page.feed', { object: 'page', entry: [{ id: '2', changes: [value('c')] }] }],
    ],
  )
  const whatsapp = (inner: object) => ({
    object: 'whatsapp_business_account',
    entry: [{ id: '1', changes: [{ field: 'messages', value: { metadata: {}, ...inner } }] }],
  })
  assert.deepEqual(
    itemsOf('whatsapp', whatsapp({ messages: [{ id: 'wamid.1' }, { id: 'wamid.2' }] })).map(({ id }) => id),
    ['wamid.1', 'wamid.2'],
  )
  const statuses = [
    { id: 'wamid.1', status: 'sent' },
    { id: 'wamid.1', status: 'read' },
  ]
  assert.deepEqual(
    itemsOf('whatsapp', whatsapp({ statuses })).map(({ id, duplicateOf }) => [id, duplicateOf]),
    [
      ['wamid.1-sent', undefined],
      ['wamid.1-read', undefined],
    ],
  )
  assert.deepEqual(
    itemsOf('whatsapp', whatsapp({ errors: [] })).map(({ id }) => id),
    [undefined],
  )
})

test('WhatsApp: a request that mixes messages, statuses and errors loses none of them', () => {
  const change = (inner: object) => ({ field: 'messages', value: inner })
  const body = {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '1',
        changes: [
          change({ messages: [{ id: 'wamid.1' }] }),
          change({ statuses: [{ id: 'wamid.2', status: 'sent' }] }),
          change({ errors: [1] }),
        ],
      },
    ],
  }
  const items = itemsOf('whatsapp', body)
  assert.deepEqual(
    items.map(({ id }) => id),
    ['wamid.1', 'wamid.2-sent', undefined],
  )
  const both = {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '1',
        changes: [change({ messages: [{ id: 'wamid.1' }], statuses: [{ id: 'wamid.2', status: 'sent' }] })],
      },
    ],
  }
  assert.equal(itemsOf('whatsapp', both).length, 2)
})

test('Dropbox: one item for each account, none of them ever a duplicate', () => {
  const items = itemsOf('dropbox', { list_folder: { accounts: ['dbid:1', 'dbid:2'] } })
  assert.deepEqual(told(items), [
    [undefined, 'list_folder', '{"list_folder":{"accounts":["dbid:1"]}}', false, undefined],
    [undefined, 'list_folder', '{"list_folder":{"accounts":["dbid:2"]}}', false, undefined],
  ])
  assert.equal(PROVIDERS.dropbox.withoutId, 'nothing')
})

test('what is no batch stays one event with the whole body, exactly', () => {
  for (const name of ['stripe', 'sendgrid', 'okta', 'meta', 'dropbox'] as const)
    for (const body of ['{"a":1}', '', 'null', '[]', '{"data":{"events":[]}}', '{"data":{"events":{}}}', '{'])
      assert.deepEqual(
        told(itemsOf(name, body)),
        [['whole', 'batch', body, true, undefined]],
        `${name} ${body}`,
      )
  const many = JSON.stringify(Array.from({ length: MAX_ITEMS + 1 }, () => ({})))
  assert.equal(itemsOf('sendgrid', many).length, 1)
  const twice = '{"data":{"events":[{"uuid":"a"}]},"data":{"events":[{"uuid":"b"},{"uuid":"c"}]}}'
  assert.deepEqual(
    itemsOf('okta', twice).map(({ id, body }) => [id, Buffer.from(body).toString()]),
    [
      ['b', '{"uuid":"b"}'],
      ['c', '{"uuid":"c"}'],
    ],
  )
})

test('the scanner finds what the parser finds, whatever the JSON and its white space', () => {
  const blank = fc.constantFrom('', ' ', '\n', '\r\n\t ')
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { maxLength: 8 }),
      fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }),
      blank,
      fc.boolean(),
      (list, before, gap, mark) => {
        const inner = `[${gap}${list.map((one) => JSON.stringify(one, null, gap === '' ? 0 : 2)).join(`${gap},${gap}`)}${gap}]`
        const fields = Object.entries(before)
          .filter(([key]) => key !== 'events')
          .map(([key, value]) => `${JSON.stringify(key)}${gap}:${gap}${JSON.stringify(value)},`)
        const text = `${gap}{${fields.join(gap)}"events"${gap}:${inner}${gap}}`
        const bytes = Buffer.concat([Buffer.from(mark ? [0xef, 0xbb, 0xbf] : []), Buffer.from(text)])
        assert.deepEqual(JSON.parse(text).events, JSON.parse(JSON.stringify(list)))
        const spans = elementSpans(bytes, ['events']) ?? assert.fail(text)
        assert.deepEqual(
          spans.map(([from, to]) => JSON.parse(bytes.subarray(from, to).toString())),
          JSON.parse(JSON.stringify(list)),
        )
      },
    ),
    { numRuns: 500 },
  )
})
