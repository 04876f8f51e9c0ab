/** What a request says without its signature is what it says with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROVIDERS, unverifiedEvent } from '@posthorn/receiver/providers'
import { receiverOf } from '../support/sample-receiver.ts'
import { SAMPLES } from '../support/samples.ts'

for (const sample of SAMPLES)
  test(`${sample.name}: id, type and payload of a request that is not verified are those of the verified one`, async () => {
    const { request, name } = sample
    const verified = await receiverOf(sample).verify(request)
    assert.ok(verified.ok)
    const { id, type, payload, contentType, body } = unverifiedEvent(PROVIDERS[name], request)
    assert.deepEqual(
      { id, type, payload, contentType, body },
      {
        id: verified.id,
        type: verified.type,
        payload: verified.payload,
        contentType: verified.contentType,
        body: verified.body,
      },
    )
  })

test('what is no request of the provider has neither id nor type', () => {
  const event = unverifiedEvent(PROVIDERS.stripe, { headers: [], body: Buffer.from('{') })
  assert.deepEqual([event.id, event.type, event.payload], [undefined, undefined, undefined])
})
