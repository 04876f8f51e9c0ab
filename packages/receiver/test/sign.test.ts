import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkSecret,
  createSigner,
  OUTBOUND_SCHEME_NAMES,
  type OutboundMessage,
  outboundScheme,
  publicKeyOf,
  schemeHeaderNames,
} from '@posthorn/receiver'
import { createSyncSigner, generateSecret } from '@posthorn/receiver/node'
import { utf8 } from '../src/encoding.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const WHSK = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=='
const message: OutboundMessage = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestampMs: 1614265330_999,
  type: 'user.created',
  deliveryId: 'dlv_1',
  body: utf8('{"test": 2432232314}'),
}

// HMAC of `1614265330.BODY`, of BODY and of `1614265330999.BODY` with the text of SECRET as the key: openssl dgst.
const HEADERS: Record<(typeof OUTBOUND_SCHEME_NAMES)[number], [string, string][]> = {
  standard: [
    ['webhook-id', message.id],
    ['webhook-timestamp', '1614265330'],
    ['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
  ],
  'standard-ed25519': [
    ['webhook-id', message.id],
    ['webhook-timestamp', '1614265330'],
    [
      'webhook-signature',
      'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    ],
  ],
  timestamped: [
    ['X-Webhook-Id', message.id],
    [
      'X-Webhook-Signature',
      't=1614265330,v1=2e37df5d4a028c51a7f3133d64ae1e300d2c2c900f1b1d49d4369ad2530f8964',
    ],
    ['X-Webhook-Event', 'user.created'],
    ['X-Webhook-Delivery', 'dlv_1'],
  ],
  prefixed: [
    ['X-Webhook-Id', message.id],
    ['X-Webhook-Signature', 'sha256=80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c'],
    ['X-Webhook-Event', 'user.created'],
    ['X-Webhook-Delivery', 'dlv_1'],
  ],
  split: [
    ['X-Webhook-ID', message.id],
    ['X-Webhook-Timestamp', '1614265330999'],
    ['X-Webhook-Signature', 'f87f8ed8de828df2da224c16d8cfa313ea7b6e6743d0774e4d33ed347b29277a'],
  ],
  plain: [
    ['X-Webhook-Event-Id', message.id],
    ['X-Webhook-Timestamp', '1614265330'],
    ['X-Webhook-Signature', '80ec8a89ce3cd22133a1066caecb4d04fea7467657c8514d717ec42c38a5c94c'],
  ],
}

for (const name of OUTBOUND_SCHEME_NAMES) {
  const scheme = outboundScheme(name)
  const secrets = [name === 'standard-ed25519' ? WHSK : SECRET]

  test(`${name}: the headers of a known message, sync and WebCrypto`, async () => {
    assert.deepEqual(createSyncSigner({ scheme, secrets }).sign(message), HEADERS[name])
    assert.deepEqual(await createSigner({ scheme, secrets }).sign(message), HEADERS[name])
  })
}

test('several secrets: several signatures where the header has room, else the first secret signs', () => {
  const secrets = [generateSecret('standard', new Uint8Array(32).fill(7)), SECRET]
  const signature = (name: (typeof OUTBOUND_SCHEME_NAMES)[number], given: string[]) => {
    const scheme = outboundScheme(name)
    const headers = createSyncSigner({ scheme, secrets: given }).sign(message)
    return headers.find(([header]) => header === scheme.header)?.[1] ?? assert.fail('no signature header')
  }
  for (const name of ['standard', 'timestamped'] as const) {
    assert.equal(outboundScheme(name).signatures, 'many')
    const separator = name === 'standard' ? ' ' : ','
    const alone = secrets.map((secret) => signature(name, [secret]).replace(/^t=\d+,/, ''))
    assert.equal(signature(name, secrets).replace(/^t=\d+,/, ''), alone.join(separator))
    assert.notEqual(alone[0], alone[1])
  }
  for (const name of ['prefixed', 'split', 'plain'] as const) {
    assert.equal(outboundScheme(name).signatures, 'one')
    assert.equal(signature(name, secrets), signature(name, secrets.slice(0, 1)))
    assert.notEqual(signature(name, secrets), signature(name, secrets.slice(1)))
  }
})

test('header names follow the prefix, are listed in lower case, and the standard ones stay as they are', () => {
  const prefix = { headerPrefix: 'X-Acme' }
  assert.deepEqual(schemeHeaderNames(outboundScheme('timestamped', prefix)), [
    'x-acme-signature',
    'x-acme-id',
    'x-acme-event',
    'x-acme-delivery',
  ])
  assert.deepEqual(schemeHeaderNames(outboundScheme('plain', { headerPrefix: 'X-IntelliAuth' })), [
    'x-intelliauth-signature',
    'x-intelliauth-timestamp',
    'x-intelliauth-event-id',
  ])
  assert.deepEqual(schemeHeaderNames(outboundScheme('standard', prefix)), [
    'webhook-signature',
    'webhook-timestamp',
    'webhook-id',
  ])
  for (const name of OUTBOUND_SCHEME_NAMES) {
    const scheme = outboundScheme(name, prefix)
    const secrets = [generateSecret(name, new Uint8Array(32).fill(1))]
    const written = createSyncSigner({ scheme, secrets }).sign(message)
    assert.deepEqual(
      written.map(([header]) => header.toLowerCase()).sort(),
      [...schemeHeaderNames(scheme)].sort(),
      name,
    )
  }
})

test('unknown schemes and prefixes that are no header names are refused', () => {
  // @ts-expect-error a name from configuration is any text
  assert.throws(() => outboundScheme('standrad'), {
    code: 'scheme_unknown',
    message: /standrad.*Known: standard,/,
  })
  for (const headerPrefix of ['', 'X', 'X-', '-X', 'X Y', 'X:Y', 'X\r\nY', 'Ü-Hook', 'X'.repeat(65)])
    assert.throws(() => outboundScheme('split', { headerPrefix }), { code: 'option_invalid' }, headerPrefix)
})

test('generated secrets fit their scheme; an ed25519 secret carries its public key', () => {
  const seed = Buffer.from(WHSK.slice(5), 'base64').subarray(0, 32)
  for (const name of OUTBOUND_SCHEME_NAMES) {
    const secret = generateSecret(name, seed)
    assert.equal(checkSecret(outboundScheme(name), secret), null, name)
    assert.equal(secret, name === 'standard-ed25519' ? WHSK : `whsec_${seed.toString('base64')}`)
  }
  assert.equal(publicKeyOf(WHSK), 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=')
  assert.throws(() => publicKeyOf(SECRET), { code: 'secret_malformed' })
  assert.throws(() => generateSecret('standard', new Uint8Array(16)), { code: 'option_invalid' })
  // @ts-expect-error a name from configuration is any text
  assert.throws(() => generateSecret('md5', new Uint8Array(32)), { code: 'scheme_unknown' })
})

test('secrets that cannot be used are refused with a reason that does not repeat them', () => {
  const cases: [
    name: (typeof OUTBOUND_SCHEME_NAMES)[number],
    secret: unknown,
    code: string,
    message: RegExp,
  ][] = [
    ['standard', '', 'secret_empty', /is empty/],
    ['standard', 'whsec_', 'secret_empty', /nothing after "whsec_"/],
    ['standard', 'whsec_$$$$', 'secret_malformed', /must be base64 after "whsec_"/],
    [
      'standard',
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa',
      'secret_length',
      /22 bytes after decoding, it must have 24 to 64/,
    ],
    ['standard', `whsec_${Buffer.alloc(65).toString('base64')}`, 'secret_length', /65 bytes/],
    ['standard', `${SECRET}\n`, 'secret_malformed', /white space/],
    ['standard', undefined, 'secret_malformed', /must be a string, it is undefined/],
    ['timestamped', 'fifteen-letters', 'secret_length', /15 bytes, it must have 16 to 512/],
    ['prefixed', '', 'secret_empty', /is empty/],
    ['standard-ed25519', SECRET, 'secret_malformed', /"whsk_"/],
    ['standard-ed25519', 'whsk_AAAA', 'secret_length', /3 bytes after its prefix, it must have 64/],
    ['standard-ed25519', 'whpk_!', 'secret_malformed', /base64/],
  ]
  for (const [name, secret, code, pattern] of cases) {
    const scheme = outboundScheme(name)
    assert.match(checkSecret(scheme, secret as string) ?? 'accepted', pattern)
    for (const make of [createSyncSigner, createSigner])
      assert.throws(
        () => make({ scheme, secrets: [SECRET, secret as string].slice(1) }),
        (error: Error & { code: string }) => {
          assert.equal(error.code, code)
          assert.match(error.message, pattern)
          if (typeof secret === 'string' && secret.length > 6) assert.ok(!error.message.includes(secret))
          return true
        },
      )
  }
})

test('no secrets, a public key and halves that do not belong together cannot sign', () => {
  const scheme = outboundScheme('standard-ed25519')
  assert.throws(() => createSyncSigner({ scheme, secrets: [] }), { code: 'secrets_missing' })
  assert.throws(() => createSyncSigner({ scheme, secrets: [publicKeyOf(WHSK)] }), {
    code: 'secret_not_private',
  })
  assert.throws(() => createSigner({ scheme, secrets: [publicKeyOf(WHSK)] }), { code: 'secret_not_private' })
  const torn = `whsk_${Buffer.concat([Buffer.from(WHSK.slice(5), 'base64').subarray(0, 32), Buffer.alloc(32, 9)]).toString('base64')}`
  assert.throws(() => createSyncSigner({ scheme, secrets: [torn] }), {
    code: 'secret_malformed',
    message: /halves/,
  })
})

test('ids, types and times that cannot go into the headers are refused', async () => {
  const sign = (name: (typeof OUTBOUND_SCHEME_NAMES)[number], change: Partial<OutboundMessage>) =>
    createSyncSigner({ scheme: outboundScheme(name), secrets: [SECRET] }).sign({ ...message, ...change })
  for (const id of ['', 'a.b', 'a b', 'a\r\nx: y', 'ü', 'a'.repeat(257)])
    assert.throws(() => sign('standard', { id }), { code: 'message_invalid', message: /^id / }, id)
  assert.deepEqual(sign('plain', { id: 'a.b' })[0], ['X-Webhook-Event-Id', 'a.b'])
  assert.throws(() => sign('prefixed', { type: 'a\nb' }), { code: 'message_invalid', message: /^type / })
  assert.throws(() => sign('prefixed', { deliveryId: '' }), {
    code: 'message_invalid',
    message: /^deliveryId /,
  })
  for (const timestampMs of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])
    assert.throws(() => sign('split', { timestampMs }), { code: 'message_invalid', message: /^timestampMs / })
  const later = createSigner({ scheme: outboundScheme('standard'), secrets: [SECRET] })
  await assert.rejects(later.sign({ ...message, id: 'a.b' }), { code: 'message_invalid' })
})
