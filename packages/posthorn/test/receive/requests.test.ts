/** Stored requests: looked at, verified as of their receipt, taken in again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CAUSES } from '@posthorn/receiver/doctor'
import { SAMPLES } from '../../../receiver/test/support/samples.ts'
import type { RequestId } from '../../src/domain/ids.ts'
import type { RequestEdits } from '../../src/engine/receive/use-cases.ts'
import { atDesk, type Desk, post, requestIdOf, SENDER, sampleOf } from './support/desk.ts'

const DAY = 86_400_000
const UNKNOWN: RequestId = 'req_018bcfe5-0000-7000-8000-000000000000'
const stripe = sampleOf('stripe')
const edited = { ...stripe.request, body: Buffer.concat([stripe.request.body, Buffer.from('\n')]) }

/** Sends it and gives the id under which it is kept. */
async function send(desk: Desk, inbox: Awaited<ReturnType<Desk['sampled']>>, request = stripe.request) {
  const id = requestIdOf(await inbox.receive(request, SENDER)) as RequestId
  await desk.clock.settle()
  return id
}

function counted(desk: Desk, source: string) {
  const handled: string[] = []
  desk.life.engine.handlers.on(source, '*', ({ id, body }) => void handled.push(`${id} ${Buffer.from(body)}`))
  return handled
}

for (const sample of SAMPLES)
  test(
    `${sample.name}: a stored request verifies as of its receipt, a day later and before everything it once was`,
    atDesk(async (desk) => {
      const inbox = await desk.sampled(sample)
      const id = await send(desk, inbox, sample.request)
      await desk.world.leap(10 * DAY)
      const { requests } = desk.life.engine
      assert.deepEqual(await requests.verify(desk.world.tenant.id, sample.name, id), {
        ...{ ok: true, reason: null, detail: null, diagnoses: [] },
      })
    }),
  )

test(
  'one that was refused is explained by the doctor',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(stripe)
    const id = await send(desk, inbox, edited)
    await desk.world.leap(10 * DAY)
    const found = await desk.life.engine.requests.verify(desk.world.tenant.id, 'stripe', id)
    assert.deepEqual([found.ok, found.reason], [false, 'signature_mismatch'])
    assert.deepEqual(
      found.diagnoses.map(({ cause, remedy }) => [cause, remedy]),
      [['body_final_newline', CAUSES.body_final_newline]],
    )
    const late = await send(desk, inbox)
    const old = await desk.life.engine.requests.verify(desk.world.tenant.id, 'stripe', late)
    assert.equal(old.reason, 'timestamp_too_old', 'it was too old when it came')
    assert.deepEqual(
      old.diagnoses.map(({ cause }) => cause),
      ['clock_skew'],
    )
  }),
)

test(
  'they are listed newest first, by verdict and in pages, by the source’s id or name, and belong to its tenant',
  atDesk(async (desk) => {
    const { engine } = desk.life
    const { tenant } = desk.world
    const inbox = await desk.sampled(stripe)
    const ids: RequestId[] = []
    for (const request of [stripe.request, edited, stripe.request, edited, edited]) {
      ids.push(await send(desk, inbox, request))
      await desk.clock.advance(10)
    }
    const list = (
      verdict: 'refused' | null,
      limit: number,
      cursor: string | null = null,
      source = 'src_stripe',
    ) => engine.requests.list(tenant.id, source, { verdict }, { limit, cursor })
    const first = await list(null, 2)
    assert.deepEqual(
      first.items.map(({ id }) => id),
      [ids[4], ids[3]],
    )
    const second = await list(null, 3, first.next, 'stripe')
    assert.deepEqual([second.items.map(({ id }) => id), second.next], [[ids[2], ids[1], ids[0]], null])
    assert.deepEqual(
      second.items.map(({ body }) => body),
      [null, null, null],
    )
    assert.deepEqual(
      (await list('refused', 9)).items.map(({ id }) => id),
      [ids[4], ids[3], ids[1]],
    )
    await assert.rejects(list('refused', 9, first.next), { code: 'cursor_invalid' })
    await assert.rejects(list(null, 9, null, 'nobody'), { code: 'not_found' })
    await assert.rejects(engine.requests.get(tenant.id, 'stripe', UNKNOWN), { code: 'not_found' })
    const other = await engine.tenants.create({ slug: 'other' })
    await assert.rejects(engine.requests.get(other.id, 'stripe', ids[0] as RequestId), { code: 'not_found' })
  }),
)

test(
  'a replay as it came delivers again what is there, and takes in what is not',
  atDesk(async (desk) => {
    const { engine } = desk.life
    const { tenant, store } = desk.world
    const handled = counted(desk, 'stripe')
    const inbox = await desk.sampled(stripe)
    const id = await send(desk, inbox)
    await desk.world.leap(2 * DAY)
    const replayed = await engine.requests.replay(tenant, 'stripe', id, {})
    await desk.clock.settle()
    assert.deepEqual([replayed.eventIds, replayed.deliveries], [['evt_1'], 1])
    assert.notEqual(replayed.requestId, id)
    assert.equal(handled.length, 2)
    assert.equal((await desk.events('stripe')).length, 1)
    assert.equal((await desk.stored('stripe', replayed.requestId))?.verdict, 'redelivered')
    await store.upkeep.prune({ before: desk.clock.now(), now: desk.clock.now(), limit: 1 })
    assert.deepEqual((await desk.events('stripe')).length, 0)
  }),
)

test(
  'a batch is taken in again item by item',
  atDesk(async (desk) => {
    const okta = sampleOf('okta')
    const handled = counted(desk, 'okta')
    const inbox = await desk.sampled(okta)
    const item = (uuid: string) => ({ uuid, eventType: 'a.b' })
    const body = Buffer.from(JSON.stringify({ data: { events: [item('one'), item('two')] } }))
    const id = await send(desk, inbox, { ...okta.request, body } as typeof okta.request)
    const { eventIds, deliveries } = await desk.life.engine.requests.replay(desk.world.tenant, 'okta', id, {})
    await desk.clock.settle()
    assert.deepEqual([eventIds, deliveries, handled.length], [['one', 'two'], 2, 4])
  }),
)

test(
  'what does not verify is taken in only by somebody’s word, as a new event with an id of its own',
  atDesk(async (desk) => {
    const { requests } = desk.life.engine
    const { tenant } = desk.world
    const handled = counted(desk, 'stripe')
    const inbox = await desk.sampled(stripe)
    await send(desk, inbox)
    const refused = await send(desk, inbox, edited)
    const replay = (id: RequestId, edits: RequestEdits) => requests.replay(tenant, 'stripe', id, edits)
    await assert.rejects(replay(refused, {}), {
      code: 'state_conflict',
      message: /does not verify.*signature_mismatch.*unverified/,
    })
    const taken = await replay(refused, { unverified: true })
    await desk.clock.settle()
    assert.match(taken.eventIds[0] ?? '', /^evt_[0-9a-f-]{36}$/)
    assert.equal(handled.at(-1), `${taken.eventIds[0]} ${edited.body}`)
    const events = await desk.events('stripe')
    assert.deepEqual(
      events.map(({ type }) => type),
      ['order.paid', 'order.paid'],
      'its type is read from the body',
    )
    const kept = await desk.stored('stripe', taken.requestId)
    assert.deepEqual([kept?.verdict, kept?.secretIndex, kept?.address], ['accepted', null, null])

    const body = Buffer.from('{"id":"evt_1","type":"order.refunded"}')
    await assert.rejects(replay(refused, { body }), { code: 'state_conflict' })
    const changed = await replay(refused, {
      body,
      headers: { 'X-Note': 'by hand', 'stripe-signature': null },
      unverified: true,
    })
    const record = await desk.stored('stripe', changed.requestId)
    assert.deepEqual(
      record?.headers.filter(([name]) => name === 'x-note' || name === 'stripe-signature'),
      [['x-note', 'by hand']],
    )
    assert.equal((await desk.events('stripe')).at(-1)?.type, 'order.refunded')
  }),
)

test(
  'an edit that leaves the signature alone makes a new event too',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(stripe)
    const id = await send(desk, inbox)
    const headers = { 'x-note': 'by hand' }
    const { eventIds } = await desk.life.engine.requests.replay(desk.world.tenant, 'stripe', id, { headers })
    assert.match(eventIds[0] ?? '', /^evt_[0-9a-f-]{36}$/)
    assert.equal((await desk.events('stripe')).length, 2)
  }),
)

test(
  'a replay asks nobody for a token that was used: Mailgun’s request is taken in again',
  atDesk(async (desk) => {
    const mailgun = sampleOf('mailgun')
    const handled = counted(desk, 'mailgun')
    const inbox = await desk.sampled(mailgun)
    const id = await send(desk, inbox, mailgun.request)
    await desk.life.engine.requests.replay(desk.world.tenant, 'mailgun', id, {})
    await desk.clock.settle()
    assert.equal(handled.length, 2)
  }),
)

test(
  'what cannot be replayed is said: a question, a body that was not kept, one that is too large',
  atDesk(async (desk) => {
    const { requests } = desk.life.engine
    const { tenant } = desk.world
    const meta = await desk.sampled(sampleOf('meta'), { verifyToken: 'x' })
    const url = '/in/src_1?hub.mode=subscribe&hub.verify_token=x&hub.challenge=7'
    const asked = requestIdOf(await meta.receive(post({ method: 'GET', url }), SENDER)) as RequestId
    const inbox = await desk.sampled(stripe, { bodyLimitBytes: 300_000 })
    const large = { ...stripe.request, body: Buffer.alloc(256 * 1024 + 1) }
    const unkept = await send(desk, inbox, large)
    await desk.clock.settle()
    const refused = (source: string, id: RequestId, edits: RequestEdits, expected: object) =>
      assert.rejects(requests.replay(tenant, source, id, edits), expected)
    await refused('meta', asked, {}, { code: 'state_conflict', message: /question of the provider/ })
    await refused('stripe', unkept, {}, { code: 'state_conflict', message: /was not kept/ })
    await assert.rejects(requests.verify(tenant.id, 'stripe', unkept), { code: 'state_conflict' })
    const body = Buffer.alloc(300_001)
    await refused('stripe', unkept, { body, unverified: true }, { code: 'body_too_large' })
    await refused('stripe', UNKNOWN, {}, { code: 'not_found' })
  }),
)
