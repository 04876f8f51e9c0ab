import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import {
  type CustomScheme,
  createReceiver,
  customScheme,
  genericScheme,
  github,
  outboundScheme,
  ReceiverConfigError,
  standardWebhooks,
  stripe,
  type VerifiedEvent,
} from '@posthorn/receiver'
import { createSyncReceiver, createSyncSigner } from '@posthorn/receiver/node'
import { NOW, reasonOf, secretOf, signed, verifyBoth } from './support/requests.ts'

const scheme = outboundScheme('standard')
const clock = () => NOW
const [current, previous] = [secretOf('standard'), secretOf('standard', 2)]

test('several secrets: the index tells which one fitted, and an old one is told about', () => {
  const told: VerifiedEvent[] = []
  const onOldSecret = (event: VerifiedEvent) => void told.push(event)
  const receiver = createSyncReceiver({ scheme, secrets: [current, previous], clock, onOldSecret })
  const index = (secrets: string[]) => {
    const result = receiver.verify(signed('standard', '{}', { secrets }))
    return result.ok ? result.secretIndex : result.reason
  }
  assert.equal(index([current]), 0)
  assert.equal(index([current, previous]), 0)
  assert.equal(told.length, 0)
  assert.equal(index([previous]), 1)
  assert.equal(index([secretOf('standard', 3), previous]), 1)
  assert.deepEqual(
    told.map(({ id, secretIndex }) => [id, secretIndex]),
    [
      ['evt_1', 1],
      ['evt_1', 1],
    ],
  )
  assert.equal(index([secretOf('standard', 3)]), 'signature_mismatch')
})

test('a warning that throws does not refuse the request', async () => {
  const onOldSecret = () => {
    throw new Error('log is full')
  }
  const request = signed('standard', '{}', { secrets: [previous] })
  assert.ok(
    (await createReceiver({ scheme, secrets: [current, previous], clock, onOldSecret }).verify(request)).ok,
  )
})

test('headers come as Headers, as a list, or as a record, names in any case', async () => {
  const { headers, body } = signed('timestamped')
  const options = { scheme: outboundScheme('timestamped'), secrets: [secretOf('timestamped')] }
  const upper = Object.entries(headers).map(([name, value]): [string, string] => [name.toUpperCase(), value])
  const lists = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]))
  for (const given of [
    headers,
    new Headers(headers),
    upper,
    new Map(upper),
    Object.fromEntries(upper),
    lists,
  ]) {
    const result = await verifyBoth(options, { headers: given, body })
    assert.ok(result.ok && result.id === 'evt_1' && result.type === 'order.paid', JSON.stringify(result))
  }
  const twice = new Headers(headers)
  twice.append('x-webhook-id', 'evt_2')
  assert.equal(await reasonOf(options, { headers: twice, body }), 'header_duplicated')
  const hostile = Object.defineProperty({ ...headers }, 'x-extra', {
    enumerable: true,
    get: () => assert.fail('trap'),
  })
  assert.equal(await reasonOf(options, { headers: hostile, body }), 'request_malformed')
  const polluted = JSON.parse(`{"__proto__":"x","constructor":"y",${JSON.stringify(headers).slice(1)}`)
  assert.equal(await reasonOf(options, { headers: polluted, body }), 'accepted')
})

test('the payload is parsed when it is JSON, and undefined when it is not', async () => {
  const options = { scheme: outboundScheme('prefixed'), secrets: [secretOf('prefixed')] }
  const payload = async (text: string | Uint8Array, contentType?: string) => {
    const { headers, body } = signed('prefixed', text)
    const more = contentType === undefined ? {} : { 'Content-Type': contentType }
    const result = await verifyBoth(options, { headers: { ...headers, ...more }, body })
    assert.ok(result.ok)
    assert.equal(result.payload, result.payload)
    return result.payload
  }
  for (const type of [
    undefined,
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/cloudevents+json',
  ])
    assert.deepEqual(await payload('{"a":["é"]}', type), { a: ['é'] })
  assert.deepEqual(await payload('\ufeff{"a":1}'), { a: 1 })
  assert.equal(await payload('payload=%7B%7D', 'application/x-www-form-urlencoded'), undefined)
  assert.equal(await payload('{"a":1}', 'text/plain'), undefined)
  for (const broken of ['', '{', Uint8Array.of(0x22, 0xff, 0x22)])
    assert.equal(await payload(broken), undefined)
  assert.deepEqual(Object.keys((await payload('{"__proto__":{"polluted":1}}')) as object), ['__proto__'])
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
  const deep = '['.repeat(10_000) + ']'.repeat(10_000)
  assert.ok(Array.isArray(await payload(deep)) || (await payload(deep)) === undefined)
})

test('id and type are taken from the body when no header has them, own keys only', async () => {
  const inBody = genericScheme('hex', {
    header: 'X-Signature',
    id: [{ header: 'X-Id' }, { body: ['meta', 'id'] }, { body: ['id'] }],
    type: { body: ['type'] },
  })
  const secrets = ['secret']
  const found = async (text: string, headers: Record<string, string> = {}) => {
    const body = Buffer.from(text)
    const message = { id: 'x', timestampMs: 0, type: 't', deliveryId: 'd', body }
    const [, signature] = createSyncSigner({ scheme: inBody, secrets }).sign(message)[1] ?? assert.fail()
    const result = await verifyBoth(
      { scheme: inBody, secrets },
      { headers: { 'x-signature': signature, ...headers }, body },
    )
    return result.ok ? [result.id, result.type] : result.reason
  }
  assert.deepEqual(await found('{"id":"b","type":"t"}', { 'x-id': 'a' }), ['a', 't'])
  assert.deepEqual(await found('{"id":"b","meta":{"id":"m"}}'), ['m', undefined])
  assert.deepEqual(await found('{"id":17}'), ['17', undefined])
  for (const text of ['null', '[]', '{"id":{}}', '{"id":""}', '{"type":null}', '"text"', 'no json'])
    assert.deepEqual(await found(text), [undefined, undefined], text)
  const inherited = genericScheme('token', { header: 'X-Token', id: { body: ['__proto__', 'length'] } })
  const result = await verifyBoth(
    { scheme: inherited, secrets },
    { headers: { 'x-token': 'secret' }, body: Buffer.from('[]') },
  )
  assert.ok(result.ok && result.id === undefined)
})

test('svix headers are taken all three or not at all', async () => {
  const { headers, body } = signed('standard')
  const svix = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.replace('webhook-', 'svix-'), value]),
  )
  const reason = (given: Record<string, string>, svixHeaders = true) =>
    reasonOf({ scheme: standardWebhooks({ svixHeaders }), secrets: [current] }, { headers: given, body })
  assert.equal(await reason(svix), 'accepted')
  assert.equal(await reason({ ...headers, ...svix }), 'accepted')
  assert.equal(await reason(svix, false), 'signature_missing')
  const [id, stamp, signature] = ['id', 'timestamp', 'signature'] as const
  const mixed = (own: readonly string[], other: readonly string[]) =>
    Object.fromEntries([
      ...own.map((name) => [`webhook-${name}`, headers[`webhook-${name}`]]),
      ...other.map((name) => [`svix-${name}`, svix[`svix-${name}`]]),
    ])
  assert.equal(await reason(mixed([stamp, signature], [id])), 'id_missing')
  assert.equal(await reason(mixed([id, signature], [stamp])), 'timestamp_missing')
  assert.equal(await reason(mixed([id, stamp], [signature])), 'signature_missing')
  assert.equal(await reason(mixed([], [id, stamp])), 'signature_missing')
  assert.equal(await reason(mixed([], [stamp, signature])), 'id_missing')
  // A complete set of one kind is judged by itself, whatever strays beside it.
  assert.equal(await reason({ ...svix, 'webhook-id': 'evt_2' }), 'accepted')
})

test('several signatures are all tried, bad ones and other versions passed over', async () => {
  const { headers, body } = signed('standard')
  const right = headers['webhook-signature'] ?? assert.fail()
  const options = { scheme, secrets: [current] }
  const reason = (value: string) =>
    reasonOf(options, { headers: { ...headers, 'webhook-signature': value }, body })
  const wrong = `v1,${'A'.repeat(43)}=`
  for (const value of [
    `${wrong} ${right}`,
    `${right} ${wrong}`,
    `v2,xyz ${right}`,
    `v1,! ${right}`,
    `  ${right}  `,
    Array(31).fill(wrong).concat(right).join(' '),
  ])
    assert.equal(await reason(value), 'accepted', value)
  assert.equal(await reason(`${wrong} ${wrong}`), 'signature_mismatch')
  assert.equal(await reason(right.replace('v1,', 'V1,')), 'signature_unsupported')
  assert.equal(await reason(right.replace('v1,', 'v1a,')), 'signature_unsupported')
  assert.equal(await reason('nothing'), 'signature_malformed')
})

test('spellings that mean the same bytes: prefix and hex in any case, base64 without padding or URL-safe', async () => {
  const prefixed = signed('prefixed')
  const hex = (prefixed.headers['X-Webhook-Signature'] ?? assert.fail()).slice(7)
  for (const value of [`SHA256=${hex}`, `sha256=${hex.toUpperCase()}`]) {
    const options = { scheme: outboundScheme('prefixed'), secrets: [secretOf('prefixed')] }
    assert.equal(
      await reasonOf(options, {
        ...prefixed,
        headers: { ...prefixed.headers, 'X-Webhook-Signature': value },
      }),
      'accepted',
    )
  }
  const standard = signed('standard')
  const base64 = standard.headers['webhook-signature'] ?? assert.fail()
  for (const value of [base64.replace('=', ''), base64.replaceAll('+', '-').replaceAll('/', '_')])
    assert.equal(
      await reasonOf(
        { scheme, secrets: [current] },
        { ...standard, headers: { ...standard.headers, 'webhook-signature': value } },
      ),
      'accepted',
    )
})

test('a time stamp in the body is checked after the signature (the form of Linear)', async () => {
  const linear = customScheme({
    name: 'linear',
    header: 'Linear-Signature',
    signed: ['body'],
    timestamp: { in: { body: ['webhookTimestamp'] }, unit: 'ms', toleranceS: 60 },
    id: { header: 'Linear-Delivery' },
    type: [{ header: 'Linear-Event' }, { body: ['type'] }],
  })
  const plain = genericScheme('hex', { header: 'Linear-Signature', id: { header: 'Linear-Delivery' } })
  const verify = (body: object) => {
    const message = {
      id: 'd_1',
      timestampMs: 0,
      type: 't',
      deliveryId: 'd',
      body: Buffer.from(JSON.stringify(body)),
    }
    const headers = Object.fromEntries(createSyncSigner({ scheme: plain, secrets: ['secret'] }).sign(message))
    return verifyBoth({ scheme: linear, secrets: ['secret'] }, { headers, body: message.body })
  }
  const good = await verify({ type: 'Issue', webhookTimestamp: NOW - 60_000 })
  assert.ok(good.ok && good.timestamp === NOW - 60_000 && good.type === 'Issue', JSON.stringify(good))
  for (const [body, reason] of [
    [{ webhookTimestamp: NOW - 60_001 }, 'timestamp_too_old'],
    [{ webhookTimestamp: NOW + 60_001 }, 'timestamp_too_new'],
    [{ webhookTimestamp: 'soon' }, 'timestamp_malformed'],
    [{}, 'timestamp_missing'],
  ] as const) {
    const result = await verify(body)
    assert.equal(result.ok ? 'accepted' : result.reason, reason)
  }
  assert.throws(() => createSyncSigner({ scheme: linear, secrets: ['secret'] }), { code: 'scheme_invalid' })
})

test('a hexadecimal public key verifies ed25519 in hex (the form of Discord)', async () => {
  const discord = customScheme({
    name: 'discord',
    header: 'X-Signature-Ed25519',
    algorithm: 'ed25519',
    key: 'hex',
    encoding: 'hex',
    signed: ['timestamp', 'body'],
    timestamp: { in: { header: 'X-Signature-Timestamp' }, unit: 's' },
  })
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url').toString('hex')
  const stamp = String(Math.floor(NOW / 1000))
  const body = Buffer.from('{"type":1}')
  const signature = sign(null, Buffer.concat([Buffer.from(stamp), body]), privateKey).toString('hex')
  const headers = { 'x-signature-ed25519': signature, 'x-signature-timestamp': stamp }
  const options = { scheme: discord, secrets: [key] }
  assert.equal(await reasonOf(options, { headers, body }), 'accepted')
  assert.equal(await reasonOf(options, { headers, body: Buffer.from('{"type":2}') }), 'signature_mismatch')
  assert.throws(() => createSyncReceiver({ scheme: discord, secrets: ['abcd'] }), {
    code: 'secret_malformed',
  })
  assert.throws(() => createSyncSigner(options), { code: 'secret_not_private' })
})

test('schemes that sign the method and URL say so when they are not given', async () => {
  const options = {
    scheme: customScheme({ name: 'with-url', header: 'X-Signature', signed: ['method', 'url', 'body'] }),
    secrets: ['secret'],
  }
  const request = { headers: { 'x-signature': 'ab' }, body: Buffer.from('{}') }
  assert.equal(await reasonOf(options, request), 'request_malformed')
  assert.equal(await reasonOf(options, { ...request, method: 'POST' }), 'request_malformed')
  assert.equal(
    await reasonOf(options, { ...request, method: 'POST', url: 'https://example.com/' }),
    'signature_mismatch',
  )
})

test('a crypto port that fails refuses', async () => {
  const broken = {
    prepareKey: () => ({ sign: () => 'x', matches: () => Promise.reject(new Error('no ed25519 here')) }),
  }
  const result = await createReceiver({ scheme, secrets: [current], clock, crypto: broken }).verify(
    signed('standard'),
  )
  assert.deepEqual(result, { ok: false, reason: 'crypto_failed', detail: '"Error: no ed25519 here"' })
})

test('mistakes of configuration are thrown at once, with a code', () => {
  const make = (change: object) => () => createReceiver({ scheme, secrets: [current], ...change })
  const cases: [() => unknown, string][] = [
    [make({ secrets: [] }), 'secrets_missing'],
    [make({ secrets: undefined }), 'secrets_missing'],
    [make({ secrets: current }), 'secrets_missing'],
    [make({ secrets: [current, ''] }), 'secret_empty'],
    [make({ secrets: ['whsec_'] }), 'secret_empty'],
    [make({ secrets: [undefined] }), 'secret_malformed'],
    [make({ toleranceS: -1 }), 'option_invalid'],
    [make({ toleranceS: Number.NaN }), 'option_invalid'],
    [make({ toleranceS: 1e9 }), 'option_invalid'],
    [make({ scheme: github(), secrets: ['x'], toleranceS: 300 }), 'option_invalid'],
    [make({ maxBodyBytes: 0 }), 'option_invalid'],
    [make({ scheme: stripe(), secrets: [''] }), 'secret_empty'],
    [() => genericScheme('versioned', { header: 'X-Signature' }), 'scheme_invalid'],
    [() => genericScheme('hex', { header: 'X-Signature', timestampHeader: 'X-T' }), 'scheme_invalid'],
    [() => genericScheme('md5' as 'hex', { header: 'X-Signature' }), 'scheme_unknown'],
    [() => customScheme({ name: 'x', header: 'X Y', signed: ['body'] }), 'scheme_invalid'],
    [() => customScheme({ name: 'x', header: 'X', signed: [] }), 'scheme_invalid'],
    ...[
      { algorithm: 'hmac-md5' },
      { algorithm: '__proto__' },
      { key: 'utf8' },
      { encoding: 'base32' },
      { signed: ['payload'] },
      { form: { form: 'list' } },
      { form: { form: 'pairs', signatureKey: 'v1', assign: ':', separator: ',' } },
      { form: { form: 'pairs', signatureKey: 'v1', assign: '=', separator: '|' } },
      { timestamp: { in: { header: 'X-T' }, unit: 'min' } },
      {
        form: { form: 'pairs', signatureKey: 't', timestampKey: 't', assign: '=', separator: ',' },
        timestamp: { in: 'signature', unit: 's' },
      },
    ].map((odd): [() => unknown, string] => [
      () => customScheme({ name: 'x', header: 'X', signed: ['body'], ...odd } as CustomScheme),
      'scheme_invalid',
    ]),
    [() => customScheme({ name: 'x', header: 'X', signed: ['timestamp', 'body'] }), 'scheme_invalid'],
    [
      () => customScheme({ name: 'x', header: 'X', signed: ['id', 'body'], id: { body: ['id'] } }),
      'scheme_invalid',
    ],
    [() => customScheme({ name: 'x', header: 'X', signed: ['body'], key: 'whsk' }), 'scheme_invalid'],
    [
      () => customScheme({ name: 'x', header: 'X', signed: ['body'], algorithm: 'ed25519', key: 'text' }),
      'scheme_invalid',
    ],
    [() => customScheme({ name: 'x', header: 'X', signed: ['body'], algorithm: 'token' }), 'scheme_invalid'],
    [() => customScheme({ name: 'x', header: 'X', signed: ['body'], encoding: 'text' }), 'scheme_invalid'],
    [
      () => customScheme({ name: 'x', header: 'X', signed: ['body'], keyBytes: { min: 0, max: 9 } }),
      'scheme_invalid',
    ],
    [
      () =>
        customScheme({ name: 'x', header: 'X', signed: ['body'], timestamp: { in: 'signature', unit: 's' } }),
      'scheme_invalid',
    ],
    [
      () =>
        customScheme({
          name: 'x',
          header: 'X',
          signed: ['body'],
          timestamp: { in: { header: 'T' }, unit: 's', toleranceS: -1 },
        }),
      'scheme_invalid',
    ],
  ]
  for (const [run, code] of cases)
    assert.throws(
      run,
      (error) => error instanceof ReceiverConfigError && (error as ReceiverConfigError).code === code,
      `${code}: ${run}`,
    )
})

test('bytes of another realm are bytes, and the limit is inclusive', async () => {
  const { runInNewContext } = await import('node:vm')
  const { headers, body } = signed('split', 'x'.repeat(100))
  const foreign = runInNewContext('new Uint8Array(100).fill(120)')
  const options = { scheme: outboundScheme('split'), secrets: [secretOf('split')] }
  assert.equal(await reasonOf(options, { headers, body: foreign }), 'accepted')
  assert.equal(await reasonOf({ ...options, maxBodyBytes: 100 }, { headers, body }), 'accepted')
  assert.equal(await reasonOf({ ...options, maxBodyBytes: 99 }, { headers, body }), 'body_too_large')
})

test('the header forms of existing receivers: IntelliAuth over the body, milliseconds in X-Webhook-Timestamp', async () => {
  const body = Buffer.from('{"event_type":"user.signed_up"}')
  const hmac = (text: string) => createHmac('sha256', 'a secret of 24 letters..').update(text).digest('hex')
  const seconds = String(Math.floor(NOW / 1000))
  const intelliAuth = {
    'X-IntelliAuth-Signature': hmac(body.toString()),
    'X-IntelliAuth-Timestamp': seconds,
    'X-IntelliAuth-Event-Id': 'evt_9',
  }
  const split = {
    'X-Webhook-Signature': hmac(`${NOW}.${body}`),
    'X-Webhook-Timestamp': String(NOW),
    'X-Webhook-ID': 'evt_9',
  }
  const secrets = ['a secret of 24 letters..']
  for (const [options, headers] of [
    [{ scheme: outboundScheme('plain', { headerPrefix: 'X-IntelliAuth' }), secrets }, intelliAuth],
    [{ scheme: outboundScheme('split'), secrets }, split],
  ] as const) {
    const result = await verifyBoth(options, { headers, body })
    assert.ok(result.ok && result.id === 'evt_9' && result.type === 'user.signed_up', JSON.stringify(result))
    assert.equal(await reasonOf(options, { headers, body: Buffer.from('{}') }), 'signature_mismatch')
  }
})
