import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { MINUTE, openShop, SECOND, STRIPE, tempFolder, webhook } from './support/shop.ts'

type Shop = Awaited<ReturnType<typeof openShop>>

/** Declares the source, and gives a function that sends it events. */
function stripeOf({ posthorn, clock }: Shop) {
  const inbox = posthorn.source('stripe', STRIPE)
  return async (count: number, type = 'invoice.paid', prefix = 'evt') => {
    for (let index = 0; index < count; index += 1)
      assert.equal(
        (await inbox.receive(await webhook(clock, { id: `${prefix}_${index}`, type }))).status,
        200,
      )
    await clock.settle()
  }
}

const states = async ({ posthorn, tenant }: Shop) => {
  const filter = { state: null, targetId: null, eventId: null, eventType: null, since: null, until: null }
  const { items } = await posthorn.use.deliveries.list(tenant.id, filter, { limit: 250, cursor: null })
  return items.map(({ state, attempts, lastError }) => `${state} ${attempts} ${lastError}`)
}

test('a handler that throws is called again by its schedule, with the number of the attempt', async () => {
  await using shop = await openShop()
  const send = stripeOf(shop)
  const attempts: number[] = []
  const run = (_event: unknown, { attempt, log }: { attempt: number; log: { info(text: string): void } }) => {
    attempts.push(attempt)
    log.info('tried')
    if (attempt < 3) throw new TypeError('not yet')
  }
  shop.posthorn.on('stripe', 'invoice.paid', run, { retry: [5, 60] })
  await shop.posthorn.start()
  await send(1)
  assert.deepEqual(await states(shop), ['pending 1 handler_failed'])
  await shop.clock.advance(6 * SECOND)
  assert.deepEqual(attempts, [1, 2])
  await shop.clock.advance(70 * SECOND)
  assert.deepEqual(attempts, [1, 2, 3])
  assert.deepEqual(await states(shop), ['delivered 3 null'])
  const [, fields] = shop.log.find(([text]) => text === 'tried') ?? assert.fail()
  assert.equal(fields.event_id, 'evt_0')
  const failed = shop.recorder.all('delivery.attempted')[0]
  assert.equal(failed?.errorDetail, 'TypeError: not yet')
})

test('a handler that fails to the end of its schedule leaves a dead delivery, which can be retried by hand', async () => {
  await using shop = await openShop()
  const send = stripeOf(shop)
  let broken = true
  shop.posthorn.on('stripe', '*', () => (broken ? Promise.reject('a text') : undefined), { retry: [1] })
  await shop.posthorn.start()
  await send(1)
  await shop.clock.advance(5 * SECOND)
  assert.deepEqual(await states(shop), ['dead 2 handler_failed'])
  broken = false
  const [dead] = shop.recorder.all('delivery.finished')
  await shop.posthorn.use.deliveries.retry(shop.tenant.id, dead?.deliveryId as `dlv_${string}`)
  await shop.clock.settle()
  assert.deepEqual(await states(shop), ['delivered 3 null'])
})

test('at the deadline the signal aborts; a handler that ignores it holds its slot no longer', async () => {
  await using shop = await openShop()
  const send = stripeOf(shop)
  const reasons: unknown[] = []
  const run = ({ id }: { id: string }, { signal }: { signal: AbortSignal }) => {
    if (id !== 'evt_0') return undefined
    signal.addEventListener('abort', () => reasons.push(String(signal.reason)))
    return new Promise(() => undefined)
  }
  shop.posthorn.on('stripe', '*', run, { timeoutMs: 2_000, concurrency: 1, retry: [] })
  await shop.posthorn.start()
  await send(2)
  assert.deepEqual((await states(shop)).sort(), ['pending 0 null', 'pending 0 null'])
  await shop.clock.advance(3 * SECOND)
  assert.deepEqual((await states(shop)).sort(), ['dead 1 handler_timeout', 'delivered 1 null'])
  assert.deepEqual(reasons, ['Error: The handler took longer than 2000 ms.'])
})

test('concurrency and rate limit are held', async () => {
  await using shop = await openShop()
  const send = stripeOf(shop)
  let [running, peak] = [0, 0]
  const ends: Array<() => void> = []
  const slow = async () => {
    running += 1
    peak = Math.max(peak, running)
    await new Promise<void>((resolve) => ends.push(resolve))
    running -= 1
  }
  const times: number[] = []
  const rateLimit = { limit: 2, windowS: 10 }
  shop.posthorn.on('stripe', 'slow', slow, { concurrency: 3 })
  shop.posthorn.on('stripe', 'limited', () => times.push(shop.clock.now()), { rateLimit })
  await shop.posthorn.start()
  await send(10, 'slow', 'slow')
  await send(6, 'limited', 'limited')
  for (let round = 0; round < 30; round += 1) {
    for (const end of ends.splice(0)) end()
    await shop.clock.advance(SECOND)
  }
  assert.equal(peak, 3)
  const began = times[0] ?? 0
  assert.deepEqual(
    times.map((at) => Math.round((at - began) / SECOND)),
    [0, 0, 10, 10, 20, 20],
  )
  assert.ok((await states(shop)).every((state) => state === 'delivered 1 null'))
})

test('each handler has limits of its own: one type that is full or used up does not hold up another', async () => {
  await using shop = await openShop()
  const { posthorn, clock } = shop
  const send = stripeOf(shop)
  const times: Record<string, number[]> = { 'invoice.paid': [], 'invoice.voided': [], 'charge.failed': [] }
  const run = ({ type }: { type: string }) => void times[type]?.push(clock.now())
  posthorn.on('stripe', 'invoice.paid', run, { rateLimit: { limit: 1, windowS: 10 } })
  posthorn.on('stripe', 'invoice.voided', run, { rateLimit: { limit: 2, windowS: 10 } })
  posthorn.on('stripe', 'charge.failed', run, { concurrency: 1 })
  posthorn.on('stripe', 'stuck', () => new Promise(() => undefined), { concurrency: 1, timeoutMs: 60_000 })
  await posthorn.start()
  await send(20, 'stuck', 'stuck')
  for (const type of Object.keys(times)) await send(4, type, type)
  const began = clock.now()
  for (let second = 0; second < 40; second += 1) await clock.advance(SECOND)
  const seconds = Object.values(times).map((all) => all.map((at) => Math.round((at - began) / SECOND)))
  assert.deepEqual(seconds, [
    [0, 10, 20, 30],
    [0, 0, 10, 10],
    [0, 0, 0, 0],
  ])
})

test('several handlers of one event each have their own delivery', async () => {
  await using shop = await openShop()
  const send = stripeOf(shop)
  const called: string[] = []
  shop.posthorn.on('stripe', 'invoice.*', () => called.push('category'))
  shop.posthorn.on('stripe', '*', () => called.push('all'))
  shop.posthorn.on('stripe', '*', () => Promise.reject(new Error('third')), { name: 'third', retry: [] })
  await shop.posthorn.start()
  await send(1)
  assert.deepEqual(called.sort(), ['all', 'category'])
  assert.deepEqual((await states(shop)).sort(), [
    'dead 1 handler_failed',
    'delivered 1 null',
    'delivered 1 null',
  ])
})

test('a stop cuts off a handler through its signal; the next start calls it again, as the same attempt', async () => {
  using folder = tempFolder()
  const clock = new FakeClock()
  const attempts: number[] = []
  const first = await openShop({ dataDir: folder.dataDir }, clock)
  const send = stripeOf(first)
  let reason: unknown = null
  first.posthorn.on('stripe', '*', (_event, { signal, attempt }) => {
    attempts.push(attempt)
    return new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => {
        reason = signal.aborted
        reject(signal.reason)
      }),
    )
  })
  await first.posthorn.start()
  await send(1)
  await first.close()
  assert.equal(reason, true)
  await using second = await openShop({ dataDir: folder.dataDir }, clock)
  stripeOf(second)
  second.posthorn.on('stripe', '*', (_event, { attempt }) => attempts.push(attempt))
  await second.posthorn.start()
  await clock.advance(2 * SECOND)
  assert.deepEqual(attempts, [1, 1])
  assert.deepEqual(await states(second), ['delivered 1 null'])
})

test('deliveries of a handler that is missing after a restart wait, and are handled when it is there again', async () => {
  using folder = tempFolder()
  const clock = new FakeClock()
  const first = await openShop({ dataDir: folder.dataDir }, clock)
  const send = stripeOf(first)
  first.posthorn.on('stripe', 'invoice.paid', () => undefined)
  await send(3)
  await first.close()
  const second = await openShop({ dataDir: folder.dataDir }, clock)
  stripeOf(second)
  await second.posthorn.start()
  await clock.advance(10 * MINUTE)
  assert.deepEqual(await states(second), Array(3).fill('pending 0 null'))
  await second.close()
  await using third = await openShop({ dataDir: folder.dataDir }, clock)
  stripeOf(third)
  const handled: string[] = []
  third.posthorn.on('stripe', 'invoice.paid', ({ id }) => handled.push(id))
  await third.posthorn.start()
  await clock.advance(2 * SECOND)
  assert.deepEqual(handled.sort(), ['evt_0', 'evt_1', 'evt_2'])
})

test('an ended attempt leaves no listener on the signal of the shutdown', async () => {
  await using shop = await openShop()
  const send = stripeOf(shop)
  const signals: WeakRef<AbortSignal>[] = []
  shop.posthorn.on('stripe', '*', (_event, { signal }) => void signals.push(new WeakRef(signal)))
  await shop.posthorn.start()
  await send(200)
  assert.equal(signals.length, 200)
  const { setFlagsFromString } = await import('node:v8')
  const { runInNewContext } = await import('node:vm')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 5; round += 1) {
    await shop.clock.settle()
    collect()
  }
  const kept = signals.filter((signal) => signal.deref() !== undefined).length
  assert.ok(kept < 20, `${kept} of 200 signals are still in memory`)
})

test('what is declared wrongly is refused with a clear error', async () => {
  await using shop = await openShop()
  const { posthorn } = shop
  const wrong = (run: () => unknown, detail: RegExp) =>
    assert.throws(run, (error: { code: string; message: string }) => {
      assert.equal(error.code, 'config_invalid')
      assert.match(error.message, detail)
      return true
    })
  wrong(() => posthorn.source('Stripe!', STRIPE), /lower-case/)
  posthorn.source('stripe', STRIPE)
  wrong(() => posthorn.source('stripe', STRIPE), /already a source/)
  wrong(() => posthorn.on('stripe', 'a*', () => undefined), /pattern "a\*"/)
  posthorn.on('stripe', '*', () => undefined)
  wrong(() => posthorn.on('stripe', '*', () => undefined), /already a handler/)
  posthorn.on('stripe', '*', () => undefined, { name: 'second' })
  wrong(() => posthorn.on('stripe', 'b', () => undefined, { concurrency: 0 }), /concurrency/)
  wrong(() => posthorn.on('stripe', 'b', () => undefined, { timeoutMs: Number.NaN }), /timeoutMs/)
  wrong(
    () => posthorn.on('stripe', 'b', () => undefined, { rateLimit: { limit: 0, windowS: 1 } }),
    /rateLimit/,
  )
  wrong(() => posthorn.on('stripe', 'b', () => undefined, { retry: 'sometimes' as never }), /retry/)
  assert.throws(() => posthorn.source('empty', { ...STRIPE, secrets: [] }), /secret/)
})
