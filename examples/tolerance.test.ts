import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver, createSigner, outboundScheme } from '@posthorn/receiver'

const scheme = outboundScheme('standard')
const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw']
const NOW = Date.UTC(2026, 0, 1)

async function signed(timestampMs: number) {
  const body = new TextEncoder().encode('{}')
  const signer = createSigner({ scheme, secrets })
  const headers = await signer.sign({ id: 'evt_1', type: 'a.b', deliveryId: 'dlv_1', timestampMs, body })
  return { headers, body }
}

test('a time stamp is taken up to the tolerance, and refused one second beyond', async () => {
  const receiver = createReceiver({ scheme, secrets, clock: () => NOW })
  const old = await receiver.verify(await signed(NOW - 300_000))
  const older = await receiver.verify(await signed(NOW - 301_000))
  assert.equal(old.ok, true)
  assert.deepEqual(older.ok ? null : older.reason, 'timestamp_too_old')
})
