import assert from 'node:assert/strict'
import { test } from 'node:test'
import { post } from '../../../receiver/test/adapters/client.ts'
import { HARNESSES } from '../../../receiver/test/adapters/servers.ts'
import { openShop, STRIPE, webhook } from './support/shop.ts'

for (const harness of HARNESSES)
  test(`${harness.name}: a source is mounted as it is; over the wire it stores, deduplicates, refuses and handles`, async () => {
    await using shop = await openShop()
    const inbox = shop.posthorn.source('stripe', { ...STRIPE, maxBodyBytes: 1_000 })
    const handled: string[] = []
    shop.posthorn.on('stripe', '*', ({ body }) => handled.push(Buffer.from(body).toString()))
    await shop.posthorn.start()
    const server = await harness.start(inbox, 'none')
    try {
      const text = '{"id":"evt_1", "type":"café ☃"}'
      const { headers, body } = await webhook(shop.clock, { body: text })
      const named = Object.fromEntries(headers as Array<[string, string]>)
      const large = await webhook(shop.clock, { body: 'x'.repeat(1_001) })
      const sent = [
        await post(server.url, named, body),
        await post(server.url, named, body),
        await post(server.url, named, Buffer.from(`${text} `)),
        await post(server.url, Object.fromEntries(large.headers as Array<[string, string]>), large.body),
      ]
      assert.deepEqual(
        sent.map(({ status }) => status),
        [200, 200, 401, 413],
      )
      assert.equal(sent[2]?.body, '', 'the reason is not told')
      await shop.recorder.next('delivery.finished')
      assert.deepEqual(handled, [text])
      if (harness.name !== 'web' && harness.name !== 'hono')
        for (const { address } of shop.recorder.all('inbound.refused'))
          assert.match(address ?? '', /127\.0\.0\.1$/, 'the log names the sender')
    } finally {
      await server.close()
    }
  })

for (const harness of HARNESSES.filter(({ parsers }) => parsers.includes('first')))
  test(`${harness.name}: a body parser that was there first is a fault of ours: 500, and the log says what to do`, async () => {
    await using shop = await openShop()
    const inbox = shop.posthorn.source('stripe', STRIPE)
    const server = await harness.start(inbox, 'first')
    try {
      const { headers, body } = await webhook(shop.clock)
      const { status } = await post(server.url, Object.fromEntries(headers as Array<[string, string]>), body)
      assert.equal(status, 500)
      assert.match(shop.log.at(-1)?.[0] ?? '', /before|Mount|Register/)
      await assert.rejects(shop.stored('evt_1'), { code: 'not_found' })
    } finally {
      await server.close()
    }
  })
