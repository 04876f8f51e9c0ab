/** One event that no attempt can handle, among thousands that are good: it is alone with its fate. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recorder } from '../../src/testing/recorder.ts'
import { startTarget } from '../../src/testing/target.ts'
import { openShop, SECOND, STRIPE, webhook } from '../library/support/shop.ts'

const GOOD = 2_000
const RETRIES = 20
const retry = Array.from({ length: RETRIES }, () => 1)

/** Handled by a handler with one slot, which throws for every event of this name. */
const POISON = 'evt_poison'

async function poisoned(recorder: Recorder) {
  const shop = await openShop({ telemetry: recorder })
  const inbox = shop.posthorn.source('stripe', STRIPE)
  const handled: string[] = []
  const run = async ({ id }: { id: string }) => {
    handled.push(id)
    if (id === POISON) throw new Error('unreadable')
  }
  inbox.on('*', run, { concurrency: 1, retry })
  const send = async (id: string) => void (await inbox.receive(await webhook(shop.clock, { id })))
  return { ...shop, handled, send, [Symbol.asyncDispose]: shop.close }
}

test('thousands of good events behind a poison one are handled before its first retry is due', async () => {
  const recorder = new Recorder({ timeoutMs: 60_000 })
  await using shop = await poisoned(recorder)
  for (let index = 0; index < 10; index += 1) await shop.send(`evt_before_${index}`)
  await shop.send(POISON)
  const rest = Array.from({ length: GOOD }, (_, index) => shop.send(`evt_${index}`))
  await Promise.all(rest)
  const began = shop.clock.now()
  await shop.posthorn.start()
  await recorder.atLeast(GOOD + 10, 'delivery.finished', ({ state }) => state === 'delivered')
  assert.equal(shop.clock.now(), began, 'the clock stood still: nothing was waited for')
  assert.equal(shop.handled.filter((id) => id === POISON).length, 1)
  assert.equal(shop.handled.length, GOOD + 11)
})

test('a handler has no breaker: after a run of nothing but failures a good event is handled at once', async () => {
  const recorder = new Recorder()
  await using shop = await poisoned(recorder)
  await shop.posthorn.start()
  await shop.send(POISON)
  for (let second = 0; second < 15; second += 1) await shop.clock.advance(SECOND)
  assert.ok(shop.handled.length >= 12, 'ten failures over ten seconds would open one')
  const failures = shop.handled.length
  await shop.send('evt_good')
  await recorder.next('delivery.finished', ({ eventId }) => eventId === 'evt_good')
  assert.ok(shop.handled.length <= failures + 1)
  assert.deepEqual(recorder.all('target.opened'), [])
  await shop.clock.advance(20 * SECOND)
  const dead = await recorder.next('delivery.finished', ({ eventId }) => eventId === POISON)
  assert.deepEqual([dead.state, dead.attempts], ['dead', RETRIES + 1])
})

test('the death of an event at a handler is told to those who subscribe to it', async (t) => {
  const target = await startTarget()
  t.after(() => target.close())
  await using shop = await openShop({ allowHttp: true, allowNetworks: ['127.0.0.0/8'] })
  const { posthorn, tenant } = shop
  const input = { name: 'operator', url: target.url, events: ['posthorn.delivery.dead'] }
  await posthorn.use.subscriptions.create(tenant.id, input)
  const inbox = posthorn.source('stripe', STRIPE)
  inbox.on('invoice.*', (_event, { drop }) => drop('no such shop'))
  await posthorn.start()
  await inbox.receive(await webhook(shop.clock))
  const { data } = JSON.parse(Buffer.from((await target.next()).body).toString()) as { data: object }
  const { deliveryId } = await shop.recorder.next('delivery.finished')
  const { sourceId } = await shop.stored('evt_1')
  assert.deepEqual(data, {
    ...{ delivery_id: deliveryId, event_id: 'evt_1', event_type: 'invoice.paid', source_id: sourceId },
    ...{ subscription_id: null, handler: 'stripe:invoice.*', error: 'handler_dropped' },
  })
})
