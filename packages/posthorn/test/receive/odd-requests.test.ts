/** Bodies and headers of every kind, through the inbox into the store: refused or stored byte for byte, never an exception. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { PROVIDERS } from '@posthorn/receiver/providers'
import fc from 'fast-check'
import { hmac, SECONDS } from '../../../receiver/test/support/sample.ts'
import type { IncomingRequest } from '../../src/engine/receive/way-in.ts'
import { atDesk, post, requestIdOf, SENDER, sampleOf } from './support/desk.ts'

const SECRET = 'test_secret_0123456789'
const MIB = 1_048_576
const hub = { provider: PROVIDERS.github, secrets: [SECRET] }

function github(body: Buffer, id = 'one', more: Record<string, string> = {}): IncomingRequest {
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
  const headers = {
    'x-hub-signature-256': signature,
    'x-github-event': 'push',
    'x-github-delivery': id,
    ...more,
  }
  return post({ headers, body })
}

const BODIES: ReadonlyArray<[what: string, body: Buffer]> = [
  ['empty', Buffer.alloc(0)],
  ['1 MiB', Buffer.alloc(MIB, '{"a":"b"}')],
  ['not UTF-8', Buffer.from([0xff, 0xfe, 0x7b, 0x7d, 0xc3, 0x28])],
  ['with a byte order mark', Buffer.from('\ufeff{"action":"opened"}')],
  ['with NUL bytes', Buffer.from('{"a":"\0"}')],
  ['JSON that is nested too deep for most', Buffer.from('['.repeat(50_000) + ']'.repeat(50_000))],
  ['numbers that no double holds', Buffer.from('{"n":12345678901234567890.10}')],
]

for (const [what, body] of BODIES)
  test(
    `a body that is ${what} is stored and handled byte for byte`,
    atDesk(async (desk) => {
      const handled: Buffer[] = []
      desk.life.engine.handlers.on('hub', '*', ({ body: bytes }) => void handled.push(Buffer.from(bytes)))
      const inbox = desk.source('hub', hub)
      // A window into a larger buffer, as a socket gives it.
      const window = Buffer.concat([Buffer.from('before'), body, Buffer.from('after')]).subarray(
        6,
        6 + body.length,
      )
      const answer = await inbox.receive(github(window), SENDER)
      assert.equal(answer.status, 200)
      await desk.recorder.next('delivery.finished')
      assert.ok(handled[0]?.equals(body))
      const kept = await desk.stored('hub', requestIdOf(answer))
      assert.ok(Buffer.from(kept?.body ?? 'none').equals(body))
      const longer = { ...github(body), body: Buffer.concat([body, body, Buffer.from(' ')]) }
      assert.equal((await inbox.receive(longer, SENDER)).status, longer.body.length > MIB ? 413 : 401)
    }),
  )

test(
  'what is over the limit is answered 413 though its signature is good; at the limit it is taken',
  atDesk(async (desk) => {
    const inbox = desk.source('hub', hub)
    assert.equal((await inbox.receive(github(Buffer.alloc(MIB + 1)), SENDER)).status, 413)
    assert.equal((await inbox.receive(github(Buffer.alloc(MIB), 'two'), SENDER)).status, 200)
  }),
)

test(
  'several signatures in one header are looked through, a hundred are refused unseen; doubled headers too',
  atDesk(async (desk) => {
    const stripe = sampleOf('stripe')
    const inbox = await desk.sampled(stripe)
    const { body, headers } = stripe.request
    const wrong = Array.from({ length: 99 }, (_, index) => `v1=${String(index).padStart(64, '0')}`)
    const good = `v1=${hmac('sha256', stripe.secret ?? '', `${SECONDS}.`, body).digest('hex')}`
    const signed = (...signatures: string[]) => ({
      'stripe-signature': [`t=${SECONDS}`, ...signatures].join(','),
    })
    assert.equal(
      (await inbox.receive(post({ headers: signed(...wrong.slice(0, 31), good), body }), SENDER)).status,
      200,
    )
    assert.equal((await inbox.receive(post({ headers: signed(...wrong, good), body }), SENDER)).status, 401)
    const twice = [
      ...Object.entries(headers),
      ['stripe-signature', headers['Stripe-Signature'] ?? ''] as const,
    ]
    assert.equal(
      (await inbox.receive(post({ headers: twice as Array<[string, string]>, body }), SENDER)).status,
      401,
    )
    assert.equal(desk.recorder.all('inbound.refused').at(-1)?.reason, 'header_duplicated')
    assert.equal((await desk.events('stripe')).length, 1)
  }),
)

test(
  'ids and types of a provider that no column can carry are replaced, and still tell events apart',
  atDesk(async (desk) => {
    const inbox = desk.source('hub', hub)
    for (const id of ['ü', 'a b', 'x'.repeat(300), '\u0000', 'x'.repeat(301), 'plain'])
      assert.equal(
        (await inbox.receive(github(Buffer.from('{}'), id, { 'x-github-event': id }), SENDER)).status,
        200,
      )
    const events = await desk.events('hub')
    assert.equal(new Set(events.map(({ id }) => id)).size, 6)
    assert.deepEqual(
      events.map(({ type }) => type),
      [...Array(5).fill('unknown'), 'plain'],
    )
    for (const { id } of events) assert.match(id, /^(?:plain|id-[0-9a-f]{40})$/)
  }),
)

test(
  'any change to a good request is refused or a duplicate of it, and nothing is ever thrown',
  atDesk(async (desk) => {
    const inbox = desk.source('hub', hub)
    const good = github(Buffer.from('{"action":"opened","n":1}'))
    assert.equal((await inbox.receive(good, SENDER)).status, 200)
    const headers = Object.entries(good.headers as Record<string, string>)
    const change = fc.record({
      flip: fc.option(fc.tuple(fc.nat(good.body.length - 1), fc.integer({ min: 1, max: 255 }))),
      cut: fc.option(fc.nat(good.body.length - 1)),
      header: fc.option(fc.tuple(fc.nat(headers.length - 1), fc.string({ unit: 'binary' }))),
      doubled: fc.option(fc.nat(headers.length - 1)),
      method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'post', '', 'X'.repeat(99)),
      url: fc.string({ unit: 'binary' }),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ flip, cut, header, doubled, method, url }) => {
        const body = Buffer.from(good.body).subarray(0, cut ?? good.body.length)
        if (flip !== null && flip[0] < body.length) body[flip[0]] = (body[flip[0]] as number) ^ flip[1]
        const list = headers.map(([name, value], at): [string, string] => [
          name,
          header?.[0] === at ? header[1] : value,
        ])
        if (doubled !== null) list.push(list[doubled] as [string, string])
        const { status } = await inbox.receive({ method, url, headers: list, body }, SENDER)
        assert.ok([200, 401, 405].includes(status), String(status))
        // The signature covers the body alone: a new id or type on the same bytes is a new event.
        if (status === 200) assert.ok(body.equals(good.body))
      }),
      { numRuns: 500 },
    )
    assert.ok((await desk.kept('hub')).length > 1)
  }),
)
