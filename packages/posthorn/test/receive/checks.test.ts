/** After the signature: whose it is, and whether it has the shape that it should have. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InboxSettings } from '../../src/engine/receive/inbox-settings.ts'
import { atDesk, type Desk, post, SENDER, sampleOf } from './support/desk.ts'

const okta = sampleOf('okta')
const gitlab = sampleOf('gitlab-token')

/** Nothing is signed but the token, so that any body can be sent. */
function sent(sample: typeof okta, value: unknown) {
  const { headers } = sample.request
  return post({ headers, body: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)) })
}

async function statuses(
  desk: Desk,
  sample: typeof okta,
  settings: Partial<InboxSettings>,
  bodies: readonly unknown[],
) {
  const inbox = await desk.sampled(sample, settings)
  const all: number[] = []
  for (const body of bodies) all.push((await inbox.receive(sent(sample, body), SENDER)).status)
  return all
}

test(
  'where a tenant is expected, tenant.id must be it: as text, in the whole body or in each item',
  atDesk(async (desk) => {
    const expectedTenant = 'acme'
    const one = [
      ...[
        { tenant: { id: 'acme' } },
        { tenant: { id: 'other' } },
        { tenant: { id: ['acme'] } },
        { tenant: 'acme' },
      ],
      ...[{}, 'null', '[]', 'no JSON', '', '{"tenant":{"id":"other"},"tenant":{"id":"acme"}}'],
    ]
    assert.deepEqual(
      await statuses(desk, gitlab, { expectedTenant }, one),
      [200, 403, 403, 403, 403, 403, 403, 403, 403, 200],
    )
    const event = (uuid: string, id?: string) => ({
      uuid,
      eventType: 'a',
      ...(id === undefined ? {} : { tenant: { id } }),
    })
    const batch = (...events: object[]) => ({ data: { events } })
    assert.deepEqual(
      await statuses(desk, okta, { expectedTenant }, [
        batch(event('1', 'acme'), event('2', 'acme')),
        batch(event('3', 'acme'), event('4', 'other')),
        batch(event('5', 'acme'), event('6')),
        { ...batch(event('7')), tenant: { id: 'acme' } },
        { ...batch(event('8', 'acme')), tenant: { id: 'other' } },
      ]),
      [200, 403, 403, 200, 403],
    )
    assert.deepEqual(
      (await desk.events('okta')).map(({ id }) => id),
      ['1', '2', '7'],
      'all of a request or nothing',
    )
    assert.deepEqual(
      new Set(desk.recorder.all('inbound.refused').map(({ reason }) => reason)),
      new Set(['tenant_mismatch']),
    )
    assert.ok((await desk.kept('okta')).some(({ reason }) => reason === 'tenant_mismatch'))
  }),
)

test(
  'where schemas are checked, the data of a catalogued type must fit it; nobody else’s need to',
  atDesk(async (desk) => {
    const { eventTypes } = desk.life.engine
    const { id } = desk.world.tenant
    const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
    await eventTypes.create(id, { name: 'push', schema })
    await eventTypes.create(id, { name: 'old', archived: true })
    const bodies = [
      { object_kind: 'push', n: 1 },
      { object_kind: 'push', n: 'x' },
      { object_kind: 'old' },
      { object_kind: 'other', n: 'x' },
    ]
    assert.deepEqual(await statuses(desk, gitlab, { checkSchemas: true }, bodies), [200, 422, 422, 200])
    assert.deepEqual(
      desk.recorder.all('inbound.refused').map(({ reason }) => reason),
      ['schema_mismatch', 'event_type_archived'],
    )
    assert.deepEqual(await statuses(desk, gitlab, {}, bodies), [200, 200, 200, 200])
    const answer = await (await desk.sampled(gitlab, { checkSchemas: true })).receive(
      sent(gitlab, bodies[1]),
      SENDER,
    )
    assert.equal(answer.body, '{"error":"unprocessable"}')
  }),
)

test(
  'test events are stored and go nowhere where the source says so, item by item',
  atDesk(async (desk) => {
    const handled: string[] = []
    desk.life.engine.handlers.on('okta', '*', ({ id }) => void handled.push(id))
    const item = (uuid: string, more: object) => ({ uuid, eventType: 'a', ...more })
    const events = [
      item('1', { data: { test: true } }),
      item('2', { test: true }),
      item('3', { data: { test: 'true' } }),
      item('4', { data: null, test: 1 }),
    ]
    await statuses(desk, okta, { testEvents: 'skip' }, [{ data: { events } }])
    await desk.clock.settle()
    assert.deepEqual(handled.sort(), ['3', '4'])
    assert.equal((await desk.events('okta')).length, 4)
    assert.deepEqual(
      desk.recorder.all('event.skipped').map(({ eventId, reason }) => [eventId, reason]),
      [
        ['1', 'a test event'],
        ['2', 'a test event'],
      ],
    )
  }),
)

test(
  'a type that nobody wants is acknowledged, stored and told once, not for its repeats',
  atDesk(async (desk) => {
    const event = { object_kind: 'nobody' }
    assert.deepEqual(await statuses(desk, gitlab, {}, [event, event]), [200, 200])
    assert.deepEqual(
      desk.recorder
        .all('event.skipped')
        .map(({ eventType, reason, sourceId }) => [eventType, reason, sourceId]),
      [['nobody', 'no subscription or handler for its type', 'src_gitlab-token']],
    )
  }),
)
