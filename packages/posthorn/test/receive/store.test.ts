/** Between the store and the work: what is answered when, and what is attempted from memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosthornError } from '../../src/domain/error.ts'
import { Publisher, type PublisherParts } from '../../src/engine/publish/publisher.ts'
import { Writes } from '../../src/engine/upkeep/writes.ts'
import type { Span, Tracer } from '../../src/ports/tracer.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { Recorder } from '../../src/testing/recorder.ts'
import { SeededRandom } from '../../src/testing/seeded-random.ts'
import { atDesk, post, requestIdOf, SENDER, sampleOf } from './support/desk.ts'

const sample = sampleOf('github')
const okta = sampleOf('okta')

/** A batch of new events; nothing is signed but the token. */
function batch(name: string, count: number) {
  const events = Array.from({ length: count }, (_, index) => ({ uuid: `${name}-${index}`, eventType: 'a.b' }))
  const body = Buffer.from(JSON.stringify({ data: { events } }))
  return post({ headers: { authorization: okta.secret ?? '' }, body })
}

test(
  'a store that is away is answered 503 with Retry-After, never 2xx and never 4xx; sent again, it is taken',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample)
    const handled: string[] = []
    desk.life.engine.handlers.on('github', '*', ({ id }) => void handled.push(id))
    desk.life.break('requests.receive')
    for (let sent = 0; sent < 3; sent += 1) {
      const answer = await inbox.receive(sample.request, SENDER)
      assert.deepEqual([answer.status, answer.headers?.['retry-after']], [503, '1'])
      assert.equal(requestIdOf(answer), undefined, 'what is not stored has no id')
    }
    assert.equal(desk.life.engine.inFlight, 0, 'no slot is lost')
    desk.life.hook('requests.receive', () =>
      Promise.reject(new PosthornError('store_unavailable', 'the disk is full', { retryAfterS: 7 })),
    )
    assert.equal((await inbox.receive(sample.request, SENDER)).headers?.['retry-after'], '7')
    desk.life.unhook('requests.receive')
    assert.deepEqual(handled, [])
    assert.equal((await inbox.receive(sample.request, SENDER)).status, 200)
    await desk.clock.settle()
    assert.deepEqual(handled, ['guid-1'])
    assert.equal(desk.recorder.all('store.failed', ({ operation }) => operation === 'receive').length, 4)
    assert.ok(desk.life.log.some(([text]) => text.includes('could not be stored')))
  }),
)

test(
  'the answer waits for the commit and for nothing else: a handler that hangs holds up nobody',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample)
    let begun = 0
    desk.life.engine.handlers.on('github', '*', () => {
      begun += 1
      return new Promise(() => undefined)
    })
    const commit = Promise.withResolvers<void>()
    desk.life.hook('requests.receive', async (next) => {
      await commit.promise
      return next()
    })
    const order: string[] = []
    const answered = inbox
      .receive(sample.request, SENDER)
      .then(({ status }) => order.push(`answered ${status}`))
    await desk.clock.settle()
    assert.deepEqual([order, begun], [[], 0], 'neither answered nor begun before the commit')
    order.push('committed')
    commit.resolve()
    await answered
    assert.deepEqual(order, ['committed', 'answered 200'])
    await desk.clock.settle()
    assert.equal(begun, 1)
    assert.equal((await inbox.receive(sample.request, SENDER)).status, 200, 'while it hangs')
    await desk.clock.advance(30_000)
  }),
)

test(
  'deliveries go to the worker from memory as far as there are slots; what does not fit waits in the store and is claimed',
  atDesk(
    async (desk) => {
      const handled = new Set<string>()
      desk.life.engine.handlers.on('okta', '*', ({ id }) => void handled.add(id), { concurrency: 64 })
      const inbox = await desk.sampled(okta)
      assert.equal((await inbox.receive(batch('few', 8), SENDER)).status, 200)
      await desk.recorder.atLeast(8, 'delivery.finished')
      assert.equal(desk.life.count('lanes.claim'), 0, 'nothing was read back')
      await inbox.receive(batch('many', 100), SENDER)
      await desk.recorder.atLeast(108, 'delivery.finished')
      assert.equal(handled.size, 108)
      assert.ok(desk.life.count('lanes.claim') > 0)
    },
    { slots: 16 },
  ),
)

test(
  'what does not go to a handler goes to subscriptions that name the source, and to neither twice',
  atDesk(async (desk) => {
    const { life, world } = desk
    const inbox = await desk.sampled(sample)
    life.engine.handlers.on('github', '*', () => undefined)
    await world.subscribe(life, 'all', { source: ['*'], format: 'raw' })
    await world.subscribe(life, 'published')
    await inbox.receive(sample.request, SENDER)
    await inbox.receive(sample.request, SENDER)
    await desk.recorder.atLeast(2, 'delivery.finished')
    await desk.clock.settle()
    assert.deepEqual(
      desk.recorder
        .all('delivery.finished')
        .map(({ targetId }) => targetId.slice(0, 4))
        .sort(),
      ['hdl_', 'sub_'],
    )
    assert.deepEqual(
      world.transport.sent.map(({ url, body }) => [url, body]),
      [['https://all.example/in', sample.request.body]],
    )
    assert.equal(desk.recorder.all('inbound.received')[0]?.deliveries, 2)
  }),
)

test('too much that waits is refused, by its bytes too, and counted out again when it is stored', async () => {
  const clock = new FakeClock()
  const gate = Promise.withResolvers<void>()
  const receive = async (requests: readonly unknown[]) => {
    await gate.promise
    return requests.map(() => ({ verdict: 'accepted', results: [] })) as never[]
  }
  const publisher = new Publisher({
    ...({ clock, random: new SeededRandom(1), telemetry: new Recorder() } as never as PublisherParts),
    writes: new Writes(clock),
    store: { events: {}, requests: { receive } } as never,
  })
  // The largest that a source may take; nobody copies it here.
  const body = Buffer.alloc(25 * 1_048_576)
  const arrive = () =>
    publisher.receive({ request: { body } as never, events: [], onceToken: null, onDuplicate: 'skip' })
  const waiting = Array.from({ length: 10 }, arrive)
  await assert.rejects(arrive(), { code: 'store_unavailable', retryAfterS: 1 })
  gate.resolve()
  const all = Promise.all(waiting)
  await clock.settle()
  assert.equal((await all).length, 10)
  const next = arrive()
  await clock.settle()
  assert.equal((await next).verdict, 'accepted')
})

test(
  'while it stops requests are answered 503: the provider sends them again',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample)
    const stopped = desk.life.engine.stop()
    const answer = await inbox.receive(sample.request, SENDER)
    assert.deepEqual([answer.status, answer.headers?.['retry-after']], [503, '1'])
    await desk.clock.advance(desk.life.drainMs)
    await stopped
  }),
)

interface Told {
  readonly name: string
  readonly parent: string | null
  readonly kind: string
  error?: string | null
}

/** Spans of a test: `traceparent`s that end with their number. */
class TestTracer implements Tracer {
  readonly on = true
  readonly spans: Told[] = []

  begin(name: string, parent: string | null, _attributes: object, kind: string): Span {
    const told: Told = { name, parent, kind }
    this.spans.push(told)
    return {
      traceparent: `00-${'a'.repeat(32)}-${String(this.spans.length).padStart(16, '0')}-01`,
      within: (run) => run(),
      end: (error) => {
        told.error = error
      },
    }
  }
}

const tracer = new TestTracer()
const CAUSE = `00-${'b'.repeat(32)}-${'c'.repeat(16)}-01`

test(
  'one trace runs from the provider’s request through the store to the handler and the subscription',
  atDesk(
    async (desk) => {
      const inbox = await desk.sampled(sample)
      desk.life.engine.handlers.on('github', '*', () => undefined)
      await desk.world.subscribe(desk.life, 'all', { source: ['*'], format: 'raw' })
      const headers = { ...sample.request.headers, traceparent: CAUSE }
      await inbox.receive({ ...sample.request, headers }, SENDER)
      await desk.recorder.atLeast(2, 'delivery.finished')
      const [received, ...attempts] = tracer.spans
      assert.deepEqual(received, { name: 'receive', parent: CAUSE, kind: 'server', error: null })
      const own = `00-${'a'.repeat(32)}-${'1'.padStart(16, '0')}-01`
      assert.equal((await desk.events('github'))[0]?.trace, own)
      assert.deepEqual(new Set(attempts.map(({ parent }) => parent)), new Set([own]))
      assert.equal(attempts.length, 2)
      const bad = { ...sample.request, headers: { traceparent: 'no context' } }
      await inbox.receive(bad, SENDER)
      assert.deepEqual(tracer.spans.at(-1), {
        ...{ name: 'receive', parent: null, kind: 'server', error: 'signature_missing' },
      })
    },
    {},
    tracer,
  ),
)
