/** Stored once, whatever comes again; and let through again where somebody asked for it. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { PROVIDERS } from '@posthorn/receiver/providers'
import { hmac, SECONDS } from '../../../receiver/test/support/sample.ts'
import { INBOX_DEFAULTS } from '../../src/engine/receive/inbox-settings.ts'
import type { IncomingRequest } from '../../src/engine/receive/way-in.ts'
import { atDesk, type Desk, NOW, post, requestIdOf, SENDER, sampleOf } from './support/desk.ts'

const SECRET = 'test_secret_0123456789'
const DAY = 86_400_000
const TOKEN = 'a1'.repeat(25)

/** As GitHub signs. */
function github(id: string, text: string | Buffer): IncomingRequest {
  const body = Buffer.from(text)
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
  const headers = { 'x-hub-signature-256': signature, 'x-github-event': 'push', 'x-github-delivery': id }
  return post({ headers: { ...headers, 'content-type': 'application/json' }, body })
}

function handles(desk: Desk, source: string): string[] {
  const handled: string[] = []
  desk.life.engine.handlers.on(source, '*', ({ id }) => void handled.push(id))
  return handled
}

const hub = { provider: PROVIDERS.github, secrets: [SECRET] }

test(
  'a hundred equal requests at once are one event; the others are told as duplicates and kept as such',
  atDesk(async (desk) => {
    const handled = handles(desk, 'hub')
    const inbox = desk.source('hub', hub)
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => inbox.receive(github('one', '{"n":1}'), SENDER)),
    )
    await desk.clock.settle()
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(new Set(answers.map(requestIdOf)).size, 100)
    assert.deepEqual(handled, ['one'])
    const told = desk.recorder.all('inbound.received')
    assert.equal(told.filter(({ verdict }) => verdict === 'accepted').length, 1)
    assert.equal(told.filter(({ verdict }) => verdict === 'duplicate').length, 99)
    assert.deepEqual(
      told.filter(({ verdict }) => verdict === 'duplicate').map(({ deliveries }) => deliveries),
      Array(99).fill(0),
    )
    assert.deepEqual(desk.recorder.all('event.published'), [], 'it was not published')
  }),
)

test(
  'the id is remembered as long as the source says, though the event itself is pruned before',
  atDesk(async (desk) => {
    const handled = handles(desk, 'hub')
    const inbox = desk.source('hub', { ...hub, dedupeS: (10 * DAY) / 1000 })
    await inbox.receive(github('one', '{"n":1}'), SENDER)
    for (const [days, times, there] of [
      [9, 1, 0],
      [2, 2, 1],
    ] as const) {
      await desk.world.leap(days * DAY)
      const now = desk.clock.now()
      const { upkeep } = desk.world.store
      // Once for the event, once for the id whose time has come.
      for (let round = 0; round < 2; round += 1) await upkeep.prune({ before: now - DAY, now, limit: 100 })
      assert.equal((await inbox.receive(github('one', '{"n":1}'), SENDER)).status, 200)
      await desk.clock.settle()
      assert.equal(handled.length, times, `after ${days} more days`)
      assert.equal((await desk.events('hub')).length, there)
    }
  }),
)

test(
  'a redelivery by hand is let through until its time, for one event or for all, and delivered again',
  atDesk(async (desk) => {
    const handled = handles(desk, 'hub')
    const before = desk.source('hub', hub)
    for (const id of ['one', 'two']) await before.receive(github(id, '{}'), SENDER)
    const until = NOW + 60_000
    const settings = {
      ...INBOX_DEFAULTS,
      ...hub,
      id: 'src_hub',
      name: 'hub',
      tenant: desk.world.tenant,
    } as const
    const inbox = desk.life.engine.source({ ...settings, letThrough: [{ eventId: 'one', until }] })
    for (const id of ['one', 'two', 'three']) await inbox.receive(github(id, '{}'), SENDER)
    await desk.clock.settle()
    assert.deepEqual(handled, ['one', 'two', 'one', 'three'])
    assert.deepEqual(
      desk.recorder.all('inbound.received').map(({ verdict, deliveries }) => [verdict, deliveries]),
      [
        ['accepted', 1],
        ['accepted', 1],
        ['redelivered', 1],
        ['duplicate', 0],
        ['accepted', 1],
      ],
    )
    const any = desk.life.engine.source({ ...settings, letThrough: [{ eventId: null, until }] })
    await any.receive(github('two', '{}'), SENDER)
    await desk.world.leap(60_000)
    await any.receive(github('two', '{}'), SENDER)
    await desk.clock.settle()
    assert.deepEqual(handled.slice(4), ['two'], 'at its time it is over')
    assert.deepEqual((await desk.kept('hub')).filter(({ verdict }) => verdict === 'redelivered').length, 2)
  }),
)

test(
  'Mailgun: a token holds once, whatever the body and the id are',
  atDesk(async (desk) => {
    const sample = sampleOf('mailgun')
    const inbox = await desk.sampled(sample)
    const signature = {
      timestamp: SECONDS,
      token: TOKEN,
      signature: hmac('sha256', SECRET, SECONDS, TOKEN).digest('hex'),
    }
    const sent = (id: string) =>
      post({
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify({ signature, 'event-data': { id, event: 'opened' } })),
      })
    for (const id of ['one', 'forged', 'one'])
      assert.equal((await inbox.receive(sent(id), SENDER)).status, PROVIDERS.mailgun.answers.success.status)
    assert.deepEqual(
      (await desk.events('mailgun')).map(({ id }) => id),
      ['one'],
    )
  }),
)

test(
  'without an id the bytes are it; equal items of one batch stay several, and a repeat of the batch is none',
  atDesk(async (desk) => {
    const inbox = desk.source('xero', { provider: PROVIDERS.xero, secrets: [SECRET] })
    const item = { eventCategory: 'CONTACT', eventType: 'UPDATE' }
    const body = Buffer.from(JSON.stringify({ events: [item, item, { ...item, eventType: 'CREATE' }, item] }))
    const signed = post({
      headers: { 'x-xero-signature': hmac('sha256', SECRET, body).digest('base64') },
      body,
    })
    for (let round = 0; round < 2; round += 1) assert.equal((await inbox.receive(signed, SENDER)).status, 200)
    const ids = (await desk.events('xero')).map(({ id }) => id)
    const first = ids[0] ?? ''
    assert.match(first, /^body-[0-9a-f]{40}$/)
    assert.deepEqual([ids.length, ids[1], ids[3]], [4, `${first}-2`, `${first}-3`])
    assert.equal(new Set(ids).size, 4)
  }),
)

test(
  'a thousand items are a thousand events of one request, in one commit, each handled once',
  atDesk(async (desk) => {
    const handled = handles(desk, 'okta')
    const inbox = desk.source('okta', { provider: PROVIDERS.okta, secrets: [SECRET] })
    const events = Array.from({ length: 1_000 }, (_, index) => ({ uuid: `u-${index}`, eventType: 'a.b' }))
    const body = Buffer.from(JSON.stringify({ data: { events } }))
    const answer = await inbox.receive(post({ headers: { authorization: SECRET }, body }), SENDER)
    assert.equal(answer.status, 200)
    await desk.recorder.atLeast(1_000, 'delivery.finished')
    assert.equal(new Set(handled).size, 1_000)
    assert.equal(handled.length, 1_000)
    assert.equal(desk.life.count('requests.receive'), 1)
    const kept = await desk.stored('okta', requestIdOf(answer))
    assert.equal(kept?.eventIds.length, 100, 'the first hundred are named')
    assert.equal(kept?.body?.length, body.length)
  }),
)
