/** Each known mistake, made with a good request, is named; and nothing is named that was not made. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  customScheme,
  genericScheme,
  github,
  standardWebhooks,
  stripe,
  type VerifyRequest,
} from '@posthorn/receiver'
import { CAUSES, type Cause, type ExplainOptions, explainRefusal } from '@posthorn/receiver/doctor'
import { nodeCrypto } from '@posthorn/receiver/node'
import { PROVIDERS } from '@posthorn/receiver/providers'
import fc from 'fast-check'
import { NOW } from '../support/sample.ts'
import { SAMPLES } from '../support/samples.ts'

const SECRET = 'test_secret_0123456789'
const SECONDS = String(Math.floor(NOW / 1000))
const ORIGINAL = '{"id": "evt_1", "url": "https:\\/\\/a.example\\/b", "note": "caf\\u00e9"}'
const seen = new Set<Cause>()

const sha256 = (key: string | Buffer, ...parts: (string | Buffer)[]) => {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return hmac
}

/** What GitHub would send for this body. */
function signed(body: string | Buffer, over: Record<string, string> = {}): VerifyRequest {
  const headers = {
    'X-Hub-Signature-256': `sha256=${sha256(SECRET, body).digest('hex')}`,
    'X-GitHub-Delivery': 'd',
    ...over,
  }
  return { headers, body: Buffer.from(body) }
}

async function causes(request: VerifyRequest, options: Partial<ExplainOptions> = {}): Promise<Cause[]> {
  const subject = options.provider ? {} : { scheme: github() }
  const given = { ...subject, secrets: [SECRET], crypto: nodeCrypto(), clock: () => NOW, ...options }
  const found = await explainRefusal(request, given)
  for (const { cause, detail, remedy } of found) {
    seen.add(cause)
    assert.equal(remedy, CAUSES[cause])
    assert.match(detail, /\.$/)
    for (const secret of given.secrets)
      assert.ok(secret.length < 8 || !detail.includes(secret), 'a secret is told')
  }
  return found.map(({ cause }) => cause)
}

const BODIES: [what: string, original: string | Buffer, received: string | Buffer, cause: Cause][] = [
  [
    'JSON parsed and written without blanks',
    '{"a": 1, "b": [1, 2]}',
    '{"a":1,"b":[1,2]}',
    'body_reserialised',
  ],
  ['JSON parsed and written with indentation', '{"a":1}', '{\n  "a": 1\n}', 'body_reserialised'],
  [
    'JSON of Python, written anew',
    '{"a": "x, y: z", "b": [1, 2]}',
    '{"a":"x, y: z","b":[1,2]}',
    'body_reserialised',
  ],
  ['JSON that was indented by 4', '{\n    "a": 1\n}', '{"a":1}', 'body_reserialised'],
  [
    '\\u escapes that were turned into characters',
    '{"a":"caf\\u00e9 \\ud83d\\ude00"}',
    '{"a":"café 😀"}',
    'body_unescaped',
  ],
  ['escaped slashes', '{"a":"https:\\/\\/x"}', '{"a":"https://x"}', 'body_unescaped'],
  ['slashes and \\u of PHP', '{"a":"\\/caf\\u00e9"}', '{"a":"/café"}', 'body_unescaped'],
  ['\\u003c of Go', '{"a":"\\u003cb\\u003e \\u0026"}', '{"a":"<b> &"}', 'body_unescaped'],
  ['\\u of Python with its blanks', '{"a": "caf\\u00e9", "b": 1}', '{"a":"café","b":1}', 'body_unescaped'],
  ['a lost last LF', '{"a":1}\n', '{"a":1}', 'body_final_newline'],
  ['a lost last CRLF', 'x\r\n', 'x', 'body_final_newline'],
  ['an added last LF', '{"a":1}', '{"a":1}\n', 'body_final_newline'],
  ['an added last CRLF', 'x', 'x\r\n', 'body_final_newline'],
  [
    'a lost byte order mark',
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"a":1}')]),
    '{"a":1}',
    'body_bom',
  ],
  [
    'an added byte order mark',
    '{"a":1}',
    Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"a":1}')]),
    'body_bom',
  ],
  ['CRLF that became LF', 'a\r\nb\r\nc', 'a\nb\nc', 'body_line_ends'],
  ['LF that became CRLF', 'a\nb\nc', 'a\r\nb\r\nc', 'body_line_ends'],
  ['UTF-8 that was encoded twice', 'café', 'cafÃ©', 'body_charset'],
  [
    'a form field that was unpacked',
    `payload=${encodeURIComponent('{"a":"b c"}')}`,
    '{"a":"b c"}',
    'body_form',
  ],
  ['a form that was parsed', 'a=b+c&d=%C3%A9', '{"a":"b c","d":"é"}', 'body_form'],
  ['a form that was decoded', 'a=b+c&d=%C3%A9', 'a=b c&d=é', 'body_form'],
  ['a body that was read before', '{"a":1}', '', 'body_missing'],
]

for (const [what, original, received, cause] of BODIES)
  test(`${cause}: ${what}`, async () => {
    assert.deepEqual(await causes({ ...signed(original), body: Buffer.from(received) }), [cause])
  })

const SECRETS: [what: string, secrets: string[], cause: Cause][] = [
  ['a line break from a file', [`${SECRET}\n`], 'secret_whitespace'],
  ['double quotation marks', [`"${SECRET}"`], 'secret_quotes'],
  ['single ones and a blank', [`'${SECRET}' `], 'secret_quotes'],
]

for (const [what, secrets, cause] of SECRETS)
  test(`${cause}: ${what}`, async () => {
    assert.deepEqual(await causes(signed(ORIGINAL), { secrets }), [cause])
  })

test('secret_encoding: the text of whsec_ where base64 is meant, and the reverse', async () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const headers = (key: string | Buffer) => ({
    'webhook-id': 'm1',
    'webhook-timestamp': SECONDS,
    'webhook-signature': `v1,${sha256(key, `m1.${SECONDS}.{}`).digest('base64')}`,
  })
  const body = Buffer.from('{}')
  const standard = { scheme: standardWebhooks(), secrets: [secret] }
  assert.deepEqual(await causes({ headers: headers(secret), body }, standard), ['secret_encoding'])
  assert.deepEqual(await causes({ headers: headers(secret.slice(6)), body }, standard), ['secret_encoding'])
  const v1 = sha256(Buffer.from(secret.slice(6), 'base64'), `${SECONDS}.{}`).digest('hex')
  const stripeRequest = { headers: { 'Stripe-Signature': `t=${SECONDS},v1=${v1}` }, body }
  assert.deepEqual(await causes(stripeRequest, { scheme: stripe(), secrets: [secret] }), ['secret_encoding'])
  const hexKey = 'ab'.repeat(20)
  const plain = { headers: { 'X-S': sha256(Buffer.from(hexKey, 'hex'), '{}').digest('hex') }, body }
  assert.deepEqual(
    await causes(plain, { scheme: genericScheme('hex', { header: 'X-S' }), secrets: [hexKey] }),
    ['secret_encoding'],
  )
})

test('secret_other: the secret of the test environment, or the one of before; its label is told', async () => {
  const otherSecrets = [
    { label: 'live', secret: 'sk_live' },
    { label: 'test', secret: SECRET },
  ]
  const found = await explainRefusal(signed(ORIGINAL), {
    scheme: github(),
    secrets: ['sk_now'],
    otherSecrets,
  })
  seen.add('secret_other')
  assert.deepEqual(
    found.map(({ cause, detail }) => [cause, detail]),
    [['secret_other', 'The signature fits the secret "test".']],
  )
})

const stripeSigned = (stamp: string): VerifyRequest => ({
  headers: { 'Stripe-Signature': `t=${stamp},v1=${sha256(SECRET, `${stamp}.{}`).digest('hex')}` },
  body: Buffer.from('{}'),
})

test('clock_skew: measured, in both directions', async () => {
  for (const [offset, side] of [
    [-412, 'behind'],
    [412, 'ahead of'],
  ] as const) {
    const request = stripeSigned(String(Number(SECONDS) + offset))
    const found = await explainRefusal(request, {
      scheme: stripe(),
      secrets: [SECRET],
      clock: () => Number(SECONDS) * 1000,
    })
    seen.add('clock_skew')
    assert.deepEqual(
      found.map(({ cause }) => cause),
      ['clock_skew'],
    )
    assert.equal(
      found[0]?.detail,
      `The time stamp is 412 s ${side} this clock, the tolerance is 300 s; but for that the signature fits.`,
    )
  }
})

test('timestamp_unit: milliseconds for seconds, and the reverse', async () => {
  assert.deepEqual(await causes(stripeSigned(String(NOW)), { scheme: stripe() }), ['timestamp_unit'])
  const scheme = genericScheme('timestamp-header-ms', { header: 'X-S', timestampHeader: 'X-T' })
  const headers = { 'X-T': SECONDS, 'X-S': sha256(SECRET, `${SECONDS}.{}`).digest('hex') }
  assert.deepEqual(await causes({ headers, body: Buffer.from('{}') }, { scheme }), ['timestamp_unit'])
})

const squareAt = (signedUrl: string, url: string, headers: Record<string, string> = {}): VerifyRequest => ({
  headers: { ...headers, 'x-square-hmacsha256-signature': sha256(SECRET, signedUrl, '{}').digest('base64') },
  body: Buffer.from('{}'),
  method: 'POST',
  url,
})
const PUBLIC = 'https://hooks.example.com/in/src_1?a=b'
const URLS: [what: string, url: string, headers: Record<string, string>, cause: Cause, signed?: string][] = [
  ['http behind the proxy', 'http://hooks.example.com/in/src_1?a=b', {}, 'url_scheme'],
  ['a port behind the proxy', 'https://hooks.example.com:8080/in/src_1?a=b', {}, 'url_port'],
  [
    'a port in the URL that was registered',
    PUBLIC,
    {},
    'url_port',
    'https://hooks.example.com:443/in/src_1?a=b',
  ],
  [
    'another host behind the proxy',
    'http://10.0.0.7:8080/in/src_1?a=b',
    { 'X-Forwarded-Host': 'hooks.example.com' },
    'url_host',
  ],
  ['the path alone, as Node gives it', '/in/src_1?a=b', { Host: 'hooks.example.com' }, 'url_host'],
  ['a prefix that the proxy has added', 'https://hooks.example.com/app/in/src_1?a=b', {}, 'url_path'],
  [
    'a prefix that the proxy has cut',
    'https://hooks.example.com/src_1?a=b',
    { 'X-Forwarded-Prefix': '/in' },
    'url_path',
  ],
  [
    'a path that the proxy tells',
    'https://hooks.example.com/x?a=b',
    { 'X-Original-URI': '/in/src_1?a=b' },
    'url_path',
  ],
  ['a slash too many', 'https://hooks.example.com/in/src_1/?a=b', {}, 'url_trailing_slash'],
  ['a slash too few', PUBLIC, {}, 'url_trailing_slash', 'https://hooks.example.com/in/src_1/?a=b'],
  ['a query that was not registered', PUBLIC, {}, 'url_query', 'https://hooks.example.com/in/src_1'],
]

for (const [what, url, headers, cause, signedUrl = PUBLIC] of URLS)
  test(`${cause}: ${what}`, async () => {
    assert.deepEqual(await causes(squareAt(signedUrl, url, headers), { provider: PROVIDERS.square }), [cause])
  })

test('header_alias: svix- where webhook- is expected', async () => {
  const sample = SAMPLES.find(({ name }) => name === 'svix') ?? assert.fail()
  assert.deepEqual(
    await causes(sample.request, { scheme: standardWebhooks(), secrets: [sample.secret ?? ''] }),
    ['header_alias'],
  )
})

test('header_name: the signature in another header, of another kind too', async () => {
  const { 'X-Hub-Signature-256': signature = '', ...rest } = signed(ORIGINAL).headers as Record<
    string,
    string
  >
  assert.deepEqual(
    await causes({ ...signed(ORIGINAL), headers: { ...rest, 'X-Gitea-Signature': signature } }),
    ['header_name'],
  )
  const sha1 = createHmac('sha1', SECRET).update(ORIGINAL).digest('hex')
  assert.deepEqual(
    await causes({ ...signed(ORIGINAL), headers: { ...rest, 'X-Hub-Signature': `sha1=${sha1}` } }),
    ['header_name'],
  )
})

test('header_duplicated: sent twice, or joined by an HTTP library', async () => {
  const { 'X-Hub-Signature-256': signature = '', ...rest } = signed(ORIGINAL).headers as Record<
    string,
    string
  >
  const joined = { ...rest, 'X-Hub-Signature-256': `${signature}, ${signature}` }
  assert.deepEqual(await causes({ ...signed(ORIGINAL), headers: joined }), ['header_duplicated'])
  const list: [string, string][] = [
    ...Object.entries(rest),
    ['X-Hub-Signature-256', signature],
    ['x-hub-signature-256', signature],
  ]
  assert.deepEqual(await causes({ ...signed(ORIGINAL), headers: list }), ['header_duplicated'])
})

test('signature_encoding, signature_prefix, algorithm: the description says another than is sent', async () => {
  const digest = (algorithm: string) => createHmac(algorithm, SECRET).update(ORIGINAL)
  const asked = (header: string, scheme = genericScheme('hex', { header: 'X-S' })) =>
    causes({ headers: { 'X-S': header }, body: Buffer.from(ORIGINAL) }, { scheme })
  assert.deepEqual(await asked(digest('sha256').digest('base64')), ['signature_encoding'])
  assert.deepEqual(await asked(`sha256=${digest('sha256').digest('hex')}`), ['signature_prefix'])
  assert.deepEqual(
    await asked(digest('sha256').digest('hex'), genericScheme('prefixed-hex', { header: 'X-S' })),
    ['signature_prefix'],
  )
  assert.deepEqual(await asked(digest('sha1').digest('hex')), ['algorithm'])
  assert.deepEqual(await asked(digest('sha512').digest('hex')), ['algorithm'])
})

test('scheme_other: it belongs to another provider', async () => {
  const sample = SAMPLES.find(({ name }) => name === 'typeform') ?? assert.fail()
  const options = {
    provider: PROVIDERS.shopify,
    secrets: [sample.secret ?? ''],
    others: Object.values(PROVIDERS),
  }
  assert.ok((await causes(sample.request, options)).includes('scheme_other'))
})

test('a provider with code is explained too', async () => {
  const twilio = SAMPLES.find(({ name }) => name === 'twilio') ?? assert.fail()
  const url = twilio.request.url.replace('https:', 'http:')
  assert.deepEqual(
    await causes({ ...twilio.request, url }, { provider: PROVIDERS.twilio, secrets: [`${twilio.secret}\n`] }),
    [],
  )
  assert.deepEqual(await causes({ ...twilio.request, url }, { provider: PROVIDERS.twilio }), ['url_scheme'])
  const adyen = SAMPLES.find(({ name }) => name === 'adyen') ?? assert.fail()
  assert.deepEqual(
    await causes(adyen.request, { provider: PROVIDERS.adyen, secrets: [` ${adyen.secret}`] }),
    ['secret_whitespace'],
  )
})

test('nothing is said of a good request, nor of one that nothing explains', async () => {
  for (const sample of SAMPLES.filter(({ secret }) => secret)) {
    const options = { provider: PROVIDERS[sample.name], secrets: [sample.secret ?? ''] }
    assert.deepEqual(await causes(sample.request, options), [], sample.name)
    if (sample.otherSecret)
      assert.deepEqual(
        await causes(sample.request, { ...options, secrets: [sample.otherSecret] }),
        [],
        sample.name,
      )
  }
})

test('every cause is shown by a test of this file', () => {
  assert.deepEqual(
    Object.keys(CAUSES).filter((cause) => !seen.has(cause as Cause)),
    [],
  )
  assert.ok(seen.size >= 12)
})

test('the work is bounded, whatever the body, the headers and the secrets', async () => {
  let tries = 0
  let bytes = 0
  const crypto = nodeCrypto()
  const counted = {
    prepareKey: (...given: Parameters<typeof crypto.prepareKey>) => {
      const key = crypto.prepareKey(...given)
      return {
        sign: key.sign.bind(key),
        matches: (...[content, signatures]: Parameters<typeof key.matches>) => {
          tries++
          for (const piece of content) bytes += piece.length
          return key.matches(content, signatures)
        },
      }
    },
  }
  const body = Buffer.from(JSON.stringify({ list: Array.from({ length: 50_000 }, (_, index) => index) }))
  const headers = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`x-signature-${index}`, 'a'.repeat(64)]),
  )
  const many = Array.from({ length: 200 }, (_, index) => ({
    label: String(index),
    secret: `secret ${index}`,
  }))
  const options = {
    scheme: github(),
    secrets: many.map(({ secret }) => secret),
    otherSecrets: many,
    crypto: counted,
    others: Object.values(PROVIDERS),
  }
  assert.deepEqual(
    await explainRefusal({ headers: { ...headers, ...signed(ORIGINAL).headers }, body }, options),
    [],
  )
  assert.ok(tries > 20, String(tries))
  // 48 MiB, and what the last verification was about to do.
  assert.ok(bytes <= 56 * 1_048_576, String(bytes))
})

test('a key is fetched once for all guesses', async () => {
  const paypal = SAMPLES.find(({ name }) => name === 'paypal') ?? assert.fail()
  const calls: string[] = []
  const fetchKey: typeof paypal.fetchKey = (url, limits) => {
    calls.push(url)
    return paypal.fetchKey?.(url, limits) ?? assert.fail()
  }
  const body = Buffer.concat([paypal.request.body, Buffer.from('\n')])
  const options = { provider: PROVIDERS.paypal, secrets: [], settings: paypal.settings, fetchKey }
  assert.deepEqual(await causes({ ...paypal.request, body }, options), ['body_final_newline'])
  assert.equal(calls.length, 1)
})

test('garbage never makes it throw', async () => {
  const scheme = customScheme({
    name: 'a',
    header: 'S',
    signed: ['url', 'timestamp', 'body'],
    timestamp: { in: { header: 'T' }, unit: 's' },
  })
  await fc.assert(
    fc.asyncProperty(
      fc.anything(),
      fc.anything(),
      fc.uint8Array(),
      fc.array(fc.string(), { maxLength: 2 }),
      async (headers, url, body, secrets) => {
        const request = { headers, url, body } as VerifyRequest
        assert.ok(Array.isArray(await explainRefusal(request, { scheme, secrets, crypto: nodeCrypto() })))
        assert.ok(Array.isArray(await explainRefusal(headers as VerifyRequest, url as ExplainOptions)))
      },
    ),
    { numRuns: 100 },
  )
})
