/**
 * Secrets and bodies, each with a mark, go through a whole engine by every way that ends in a log line. The logger is one
 * that redacts nothing: what it is not given it cannot leak.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripe } from '@posthorn/receiver'
import { startTarget } from '../../src/testing/target.ts'
import { openShop, webhook } from '../library/support/shop.ts'

const MARK = 'c4n4ry'
const SECRET = `whsec_${MARK}_of_the_provider_in_use`
const OLD_SECRET = `whsec_${MARK}_of_the_provider_before`
const SIGNING = `whsec_${Buffer.from(`${MARK} a signing secret of 32 bytes.`).toString('base64')}`
const LOCAL = { allowHttp: true, allowNetworks: ['127.0.0.0/8'] }

/** As text, in base64 and in hex. */
const LOOKS = [MARK, SIGNING.slice('whsec_'.length), Buffer.from(MARK).toString('hex')]

const failing = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => ({
      issues: [{ message: `${JSON.stringify(value)} is bad`, path: ['data'] }],
    }),
  },
} as const

test('no line has a secret or a body in it, whatever goes wrong', async (t) => {
  const target = await startTarget({ answer: { status: 500, body: `{"leak":"${MARK}"}` } })
  t.after(() => target.close())
  await using shop = await openShop({
    ...LOCAL,
    secretKey: `a secret key with ${MARK} in it`,
    adminKey: `an admin key with ${MARK} in it`,
  } as Parameters<typeof openShop>[0])
  const { posthorn, clock, recorder, tenant, log } = shop
  await posthorn.use.subscriptions.create(tenant.id, {
    ...{ name: 'books', url: `${target.url}?token=${MARK}`, events: ['*'], secret: SIGNING },
    ...{ headers: { authorization: `Bearer ${MARK}` }, retry: [1] },
  })
  const options = { scheme: stripe(), secrets: [SECRET, OLD_SECRET] }
  const inbox = posthorn.source('stripe', options)
  const skipping = posthorn.source('tests', { ...options, testEvents: 'skip' })
  posthorn.on('stripe', 'invoice.failed', () => Promise.reject(new TypeError('the ledger is closed')))
  posthorn.on('stripe', 'invoice.shaped', () => {}, { schema: failing })
  await posthorn.start()
  const sent = async (id: string, type: string, secret = SECRET, more: object = {}) => {
    const body = JSON.stringify({ id, type, data: { card: MARK }, ...more })
    return await webhook(clock, { id, type, body, secret })
  }
  await inbox.receive(await sent('e1', 'invoice.failed'))
  await inbox.receive(await sent('e2', 'invoice.shaped', OLD_SECRET))
  await inbox.receive(await sent('e3', 'invoice.unknown'))
  await skipping.receive(await sent('e4', 'invoice.test', SECRET, { test: true }))
  const forged = await sent('e6', 'invoice.paid')
  // Now and then the doctor is asked: this first one must be a case for it.
  await inbox.receive({ ...forged, body: Buffer.from(`${Buffer.from(forged.body).toString()}\n`) })
  await inbox.receive(await sent('e5', 'invoice.paid', `whsec_${MARK}_of_somebody_else_altogether`))
  await inbox.receive({
    ...forged,
    headers: [['stripe-signature', `t=1,v1=${Buffer.from(MARK).toString('hex')}`]],
  })
  await posthorn.publish({ type: 'order.paid', id: 'e7', data: { card: MARK } })
  await recorder.next('delivery.finished', ({ eventId }) => eventId === 'e2')
  await recorder.next('delivery.attempted', ({ eventId }) => eventId === 'e7')
  await clock.advance(10_000)
  await recorder.next('delivery.finished', ({ eventId, state }) => eventId === 'e7' && state === 'dead')
  await recorder.next('inbound.diagnosed')
  const texts = new Set(log.map(([text]) => text))
  for (const text of [
    'delivery.attempted',
    'delivery.finished',
    'event.skipped',
    'inbound.refused',
    'inbound.diagnosed',
  ])
    assert.ok(texts.has(text), `${text} was not logged: this test looks at nothing`)
  assert.ok(
    log.some(([, { event_id }]) => event_id === 'e2'),
    'the old secret and the schema were told',
  )
  const leaks = log
    .map((line) => JSON.stringify(line))
    .filter((line) => LOOKS.some((look) => line.includes(look)))
  assert.deepEqual(leaks, [])
  for (const [text, fields] of log)
    if ('event_id' in fields)
      for (const name of ['event_type', 'tenant_id', 'request_id'])
        assert.ok(name in fields, `a line "${text}" about an event has no ${name}`)
})
