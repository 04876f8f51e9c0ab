/** Every preset over a real store: what is good is stored once, and answered as its vendor wants it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventItems, PROVIDERS } from '@posthorn/receiver/providers'
import { receiverOf, withSignature } from '../../../receiver/test/support/sample-receiver.ts'
import { SAMPLES } from '../../../receiver/test/support/samples.ts'
import { atDesk, requestIdOf, SENDER } from './support/desk.ts'

test('there is a sample of every preset', () => {
  assert.deepEqual(SAMPLES.map(({ name }) => name).sort(), Object.keys(PROVIDERS).sort())
})

for (const sample of SAMPLES)
  test(
    `${sample.name}: a good request is stored once and answered as the vendor wants it, a repeat the same, a bad one not`,
    atDesk(async (desk) => {
      const { name, request } = sample
      const provider = PROVIDERS[name]
      const handled: string[] = []
      desk.life.engine.handlers.on(name, '*', ({ id }) => void handled.push(id))
      const inbox = await desk.sampled(sample)
      const first = await inbox.receive(request, SENDER)
      const again = await inbox.receive(request, SENDER)
      for (const answer of [first, again]) {
        const { 'posthorn-request': id, ...headers } = answer.headers ?? {}
        assert.match(id ?? '', /^req_/)
        assert.deepEqual(
          { status: answer.status, body: answer.body, headers },
          { headers: {}, body: undefined, ...provider.answers.success },
        )
      }

      const verified = await receiverOf(sample).verify(request)
      assert.ok(verified.ok)
      const items = eventItems(provider.items, verified)
      const expected = items.filter(({ duplicateOf }) => duplicateOf === undefined).length
      const copies = provider.withoutId === 'nothing' && items.every(({ id }) => id === undefined) ? 2 : 1
      const events = await desk.events(name)
      assert.equal(events.length, expected * copies)
      assert.deepEqual(
        new Set(events.map(({ type }) => type)),
        new Set(items.map(({ type }) => type ?? 'unknown')),
      )
      assert.deepEqual(events.map(({ id }) => id).sort(), handled.sort(), 'each is handled once')
      assert.equal(events[0]?.requestId, requestIdOf(first))
      assert.deepEqual(Buffer.from((await desk.stored(name, requestIdOf(first)))?.body ?? []), request.body)

      const bad = await inbox.receive(
        withSignature(sample, () => '!!'),
        SENDER,
      )
      assert.equal(bad.status, provider.answers.refusal.status)
      assert.equal((await desk.events(name)).length, expected * copies)
      assert.deepEqual((await desk.kept(name)).map(({ verdict }) => verdict).sort(), [
        'accepted',
        copies === 2 ? 'accepted' : 'duplicate',
        'refused',
      ])
    }),
  )
