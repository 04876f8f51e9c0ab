/** Keys in a JSON Web Key Set: which of them count, when they are asked for again, and whose requests are taken. */
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import type { FetchKeyLimits } from '@posthorn/receiver/providers'
import { NOW, type Sample, SECONDS } from '../support/sample.ts'
import { reason, receiverOf, verifyBoth } from '../support/sample-receiver.ts'
import { SAMPLES } from '../support/samples.ts'
import { falKey, keySetOf } from '../support/samples-special.ts'

const fal: Sample = SAMPLES.find(({ name }) => name === 'fal') ?? assert.fail()
const other = generateKeyPairSync('ed25519')
const jwk = falKey.publicKey.export({ format: 'jwk' })

function counting(...answers: (string | Error)[]) {
  const calls: [string, FetchKeyLimits][] = []
  const fetchKey = async (url: string, limits: FetchKeyLimits): Promise<string> => {
    const answer = answers[Math.min(calls.length, answers.length - 1)] ?? ''
    calls.push([url, limits])
    if (answer instanceof Error) throw answer
    return answer
  }
  return { calls, fetchKey }
}

test('fal: the four signed parts each count, and none may hold a line break', async () => {
  const asked = async (over: Record<string, string>) =>
    reason(await verifyBoth(fal, { ...fal.request, headers: { ...fal.request.headers, ...over } }))
  assert.equal(await asked({}), 'accepted')
  assert.equal(await asked({ 'X-Fal-Webhook-Request-Id': 'fal-2' }), 'signature_mismatch')
  assert.equal(await asked({ 'X-Fal-Webhook-Timestamp': String(Number(SECONDS) + 1) }), 'signature_mismatch')
  assert.equal(await asked({ 'X-Fal-Webhook-Timestamp': '' }), 'timestamp_missing')
  assert.equal(await asked({ 'X-Fal-Webhook-Timestamp': 'soon' }), 'timestamp_malformed')
  assert.equal(await asked({ 'X-Fal-Webhook-Request-Id': 'fal-1\nuser-1' }), 'id_malformed')
})

test('fal: a request of another user of fal, whom fal signs for too, is refused before a key is fetched', async () => {
  const lines = ['fal-1', 'user-2', SECONDS, createHash('sha256').update(fal.request.body).digest('hex')]
  const headers = {
    ...fal.request.headers,
    'X-Fal-Webhook-User-Id': 'user-2',
    'X-Fal-Webhook-Signature': sign(null, Buffer.from(lines.join('\n')), falKey.privateKey).toString('hex'),
  }
  const { calls, fetchKey } = counting(keySetOf(falKey.publicKey))
  const foreign = { ...fal.request, headers }
  assert.equal(reason(await verifyBoth(fal, foreign, { fetchKey })), 'not_allowed')
  assert.deepEqual(calls, [])
  const settings = { userIds: ['user-1', 'user-2'] }
  assert.equal(reason(await verifyBoth(fal, foreign, { fetchKey, settings })), 'accepted')
})

test('all keys of the set are tried; those that are meant for something else are not', async () => {
  const verify = async (text: string) =>
    reason(await verifyBoth(fal, fal.request, { fetchKey: async () => text }))
  assert.equal(await verify(keySetOf(other.publicKey, falKey.publicKey)), 'accepted')
  assert.equal(await verify(keySetOf(other.publicKey)), 'signature_mismatch')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
  assert.equal(await verify(JSON.stringify({ keys: [null, 7, rsa, { kty: 'OKP' }, jwk] })), 'accepted')
  for (const text of [
    '',
    '<html>',
    'null',
    '[]',
    '{"keys":{}}',
    '{"keys":[]}',
    JSON.stringify({ keys: [rsa] }),
    JSON.stringify({ keys: [{ ...jwk, use: 'enc' }] }),
    JSON.stringify({ keys: [{ ...jwk, crv: 'X25519' }] }),
    JSON.stringify({ keys: [{ ...jwk, x: 'AAAA' }] }),
    JSON.stringify({ keys: [jwk], padding: 'x'.repeat(17_000) }),
    JSON.stringify({ keys: [...Array.from({ length: 16 }, () => rsa), jwk] }),
  ])
    assert.equal(await verify(text), 'key_refused', text.slice(0, 80))
})

test('a key that came new is found, and a wrong signature makes no more than one question a minute', async () => {
  let now = NOW
  const { calls, fetchKey } = counting(
    keySetOf(other.publicKey),
    keySetOf(other.publicKey, falKey.publicKey),
    new Error('no route'),
    keySetOf(falKey.publicKey),
  )
  const receiver = receiverOf(fal, { fetchKey, clock: () => now, toleranceS: 86_400 })
  const verify = async () => reason(await receiver.verify(fal.request))
  for (let i = 0; i < 5; i++) assert.equal(await verify(), 'signature_mismatch')
  assert.equal(calls.length, 1)
  now += 60_000
  assert.equal(await verify(), 'accepted')
  const url = 'https://rest.fal.ai/.well-known/jwks.json'
  assert.deepEqual(calls, [
    [url, { maxBytes: 16_384, timeoutMs: 3000 }],
    [url, { maxBytes: 16_384, timeoutMs: 3000, fresh: true }],
  ])
  const wrong = { ...fal.request, body: Buffer.from('{}') }
  now += 60_000
  for (let i = 0; i < 5; i++) await receiver.verify(wrong)
  assert.equal(calls.length, 3)
  assert.equal(await verify(), 'accepted', 'the keys outlive a failure to ask for newer ones')
  assert.equal(calls.length, 3)
})

test('while the set is away the sender is asked to try again; a day later it is fetched anew', async () => {
  let now = NOW
  const { calls, fetchKey } = counting(new Error('no route'), keySetOf(falKey.publicKey))
  const receiver = receiverOf(fal, { fetchKey, clock: () => now, toleranceS: 86_400 })
  const verify = async () => reason(await receiver.verify(fal.request))
  assert.deepEqual([await verify(), await verify(), calls.length], ['key_unavailable', 'key_unavailable', 1])
  now += 60_001
  assert.deepEqual([await verify(), calls.length], ['accepted', 2])
  now += 86_399_000 - 60_001
  assert.deepEqual([await verify(), calls.length], ['accepted', 2])
})
