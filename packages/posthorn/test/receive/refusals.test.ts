/** What is not taken: how it is answered, what is kept of it, what is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROVIDERS } from '@posthorn/receiver/providers'
import { atDesk, type Desk, post, requestIdOf, SENDER, sampleOf } from './support/desk.ts'

const sample = sampleOf('github')
const bad = { ...sample.request, headers: { ...sample.request.headers, 'X-Hub-Signature-256': 'sha256=00' } }

test(
  'the reason goes to the log and to the record, never into the answer',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample)
    const answer = await inbox.receive(bad, SENDER)
    assert.deepEqual(
      { ...answer, headers: Object.keys(answer.headers ?? {}) },
      { ...PROVIDERS.github.answers.refusal, headers: ['posthorn-request'] },
    )
    const kept = await desk.stored('github', requestIdOf(answer))
    const { body, ...rest } = kept ?? { body: null }
    assert.deepEqual(Buffer.from(body ?? []), sample.request.body)
    assert.deepEqual(
      { ...rest, headers: undefined },
      {
        ...{ id: requestIdOf(answer), tenantId: desk.world.tenant.id, sourceId: 'src_github' },
        ...{ receivedAt: desk.clock.now(), method: 'POST', url: sample.request.url, headers: undefined },
        ...{ address: '203.0.113.7', verdict: 'refused', reason: 'signature_mismatch', status: 401 },
        ...{ secretIndex: null, eventIds: [] },
      },
    )
    assert.deepEqual(desk.recorder.all('inbound.refused'), [
      {
        ...{ name: 'inbound.refused', tenantId: desk.world.tenant.id, sourceId: 'src_github' },
        ...{
          requestId: requestIdOf(answer),
          reason: 'signature_mismatch',
          status: 401,
          address: '203.0.113.7',
        },
      },
    ])
  }),
)

test(
  'credentials of a refused request are not kept, but what its own scheme reads; a taken one is kept as it came and shown masked',
  atDesk(async (desk) => {
    const secrets = { authorization: 'Bearer a', Cookie: 'session=b', 'Proxy-Authorization': 'Basic c' }
    const hub = await desk.sampled(sample)
    const text = async (source: string, answer: Awaited<ReturnType<typeof hub.receive>>) =>
      JSON.stringify((await desk.stored(source, requestIdOf(answer)))?.headers)
    const refused = await hub.receive({ ...bad, headers: { ...bad.headers, ...secrets } }, SENDER)
    const cleared = await text('github', refused)
    for (const secret of ['Bearer a', 'session=b', 'Basic c']) assert.ok(!cleared.includes(secret), cleared)
    assert.match(cleared, /"x-hub-signature-256","sha256=00"/)

    const taken = await hub.receive(
      { ...sample.request, headers: { ...sample.request.headers, ...secrets } },
      SENDER,
    )
    assert.match(await text('github', taken), /Bearer a/, 'it may have to be forwarded')
    const okta = await desk.sampled(sampleOf('okta'))
    const token = sampleOf('okta').secret ?? ''
    const own = await okta.receive(post({ ...sampleOf('okta').request }), SENDER)
    assert.ok((await text('okta', own)).includes(token))
    const wrong = await okta.receive(post({ headers: { authorization: 'a wrong token' } }), SENDER)
    assert.match(await text('okta', wrong), /a wrong token/, 'the doctor needs it')
    for (const source of ['github', 'okta'])
      for (const request of await desk.kept(source)) {
        const { requests } = desk.life.engine
        const one = await requests.get(desk.world.tenant.id, source, request.id)
        for (const shown of [JSON.stringify(request.headers), JSON.stringify(one.headers)])
          for (const secret of ['Bearer a', 'session=b', 'Basic c', token, 'a wrong token'])
            assert.ok(!shown.includes(secret), `${source} ${shown}`)
      }
  }),
)

test(
  'at most ten a second are kept for each source, the others are counted; another source is not touched',
  atDesk(async (desk) => {
    const [one, two] = [await desk.sampled(sample), await desk.sampled(sampleOf('stripe'))]
    const answers = await Promise.all(Array.from({ length: 50 }, () => one.receive(bad, SENDER)))
    assert.equal(answers.filter((answer) => requestIdOf(answer) !== undefined).length, 10)
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401]))
    assert.ok(requestIdOf(await two.receive(post(), SENDER)))
    assert.equal((await desk.kept('github')).length, 10)
    const told = desk.recorder.all('inbound.refused', ({ sourceId }) => sourceId === 'src_github')
    assert.deepEqual([told.length, told.filter(({ requestId }) => requestId === null).length], [50, 40])
    await desk.clock.advance(1_000)
    assert.ok(requestIdOf(await one.receive(bad, SENDER)))
    assert.equal(desk.life.count('requests.note') < 10, true, 'they share commits')
  }),
)

test(
  'a large body of a refused request is not kept',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample, { bodyLimitBytes: 400 * 1024 })
    for (const [bytes, kept] of [
      [256 * 1024, true],
      [256 * 1024 + 1, false],
      [400 * 1024 + 1, false],
    ] as const) {
      const answer = await inbox.receive({ ...bad, body: Buffer.alloc(bytes, 'x') }, SENDER)
      assert.equal((await desk.stored('github', requestIdOf(answer)))?.body?.length, kept ? bytes : undefined)
    }
  }),
)

test(
  'a store that cannot keep them changes no answer; it is logged once for a batch',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample)
    desk.life.break('requests.note')
    const answers = await Promise.all(Array.from({ length: 8 }, () => inbox.receive(bad, SENDER)))
    await desk.clock.settle()
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401]))
    const lines = desk.life.log.filter(([text]) => text.includes('could not be kept'))
    assert.equal(lines.length, 1)
    desk.life.unhook('requests.note')
    assert.equal((await inbox.receive(sample.request, SENDER)).status, 200)
  }),
)

test(
  'faults of this side are answered 500 and logged with what to do; a key that cannot be fetched 503, not 401',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample)
    const parsed = { ...sample.request, body: { action: 'opened' } as never }
    const throwing = {
      ...sample.request,
      headers: {
        get a(): string {
          throw new Error('a trap')
        },
      },
    }
    for (const [request, text] of [
      [parsed, /mount the adapter before any body parser/],
      [throwing, /lacks what its scheme signs/],
    ] as const) {
      assert.equal((await inbox.receive(request, SENDER)).status, 500)
      assert.match(desk.life.log.at(-1)?.[0] ?? '', text)
    }
    const paypal = sampleOf('paypal')
    const fetched = await desk.sampled(paypal)
    const url = paypal.request.headers['PAYPAL-CERT-URL'] ?? ''
    desk.world.transport.queue(url, { error: 'timeout' })
    const later = await fetched.receive(paypal.request, SENDER)
    assert.deepEqual([later.status, later.headers?.['retry-after']], [503, '30'])
    assert.equal((await fetched.receive(paypal.request, SENDER)).status, 503, 'a failure is remembered')
    assert.equal(desk.world.transport.to(url).length, 1)
    const anew = await desk.sampled(paypal)
    assert.equal((await anew.receive(paypal.request, SENDER)).status, 503, 'an inbox made anew knows it too')
    assert.equal(desk.world.transport.to(url).length, 1)
    await desk.clock.advance(60_000)
    assert.equal((await fetched.receive(paypal.request, SENDER)).status, 200)
    assert.equal((await (await desk.sampled(paypal)).receive(paypal.request, SENDER)).status, 200)
    assert.equal(desk.world.transport.to(url).length, 2)
  }),
)

const stripe = sampleOf('stripe')
/** An editor has added the last line break. */
const edited = { ...stripe.request, body: Buffer.concat([stripe.request.body, Buffer.from('\n')]) }

function diagnosed(desk: Desk) {
  return desk.recorder.all('inbound.diagnosed')
}

test(
  'the doctor tells now and then what would have made it fit, off the request’s path and never in the answer',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(stripe)
    const answer = await inbox.receive(edited, SENDER)
    assert.equal(answer.status, 401)
    assert.equal(diagnosed(desk).length, 0, 'not before the answer')
    const told = await desk.recorder.next('inbound.diagnosed')
    assert.deepEqual(
      { ...told, detail: undefined, remedy: undefined },
      {
        ...{ name: 'inbound.diagnosed', tenantId: desk.world.tenant.id, sourceId: 'src_stripe' },
        ...{ requestId: requestIdOf(answer), reason: 'signature_mismatch', causes: ['body_final_newline'] },
        ...{ detail: undefined, remedy: undefined },
      },
    )
    assert.match(told.remedy, /last line break/)
    assert.ok(!JSON.stringify(told).includes(stripe.secret ?? '?'))
    for (let sent = 0; sent < 5; sent += 1) await inbox.receive(edited, SENDER)
    await desk.clock.advance(9_999)
    assert.equal(diagnosed(desk).length, 1, 'at most one in ten seconds')
    await desk.clock.advance(1)
    await inbox.receive(edited, SENDER)
    await desk.recorder.next('inbound.diagnosed')
  }),
)

test(
  'the doctor is not asked about large bodies, nor about what is no matter of the signature',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(stripe, { bodyLimitBytes: 70_000 })
    const large = { ...edited, body: Buffer.alloc(64 * 1024 + 1, ' ') }
    assert.equal((await inbox.receive(large, SENDER)).status, 401)
    assert.equal((await inbox.receive({ ...large, body: Buffer.alloc(70_001) }, SENDER)).status, 413)
    assert.equal((await inbox.receive({ ...edited, body: {} as never }, SENDER)).status, 500)
    // None of those has used up the turn: the next one that it may look at is explained.
    await inbox.receive(edited, SENDER)
    const { causes } = await desk.recorder.next('inbound.diagnosed')
    assert.deepEqual(causes, ['body_final_newline'])
  }),
)
