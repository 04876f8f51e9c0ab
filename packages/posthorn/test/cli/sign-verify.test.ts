import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { cli } from './support/context.ts'
import { tempDir } from './support/process.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const PUBLIC = `whpk_${Buffer.alloc(32, 7).toString('base64')}`
const BODY = '{"type":"user.signed_up","data":{"id":42}}'
const env = { POSTHORN_SIGNING_SECRET: SECRET }

const SCHEMES = [
  ...['standard', 'timestamped', 'prefixed', 'split', 'plain'].map((name) => ['--scheme', name]),
  ...['stripe', 'github', 'standard-webhooks', 'shopify', 'slack', 'zoom', 'paddle'].map((name) => [
    '--provider',
    name,
  ]),
]

for (const scheme of SCHEMES)
  test(`${scheme.join(' ')}: what sign prints, verify accepts; a changed body it refuses with code 6`, async (t) => {
    const folder = tempDir(t)
    const [body, headers, changed] = ['body.json', 'headers.txt', 'changed.json'].map((name) =>
      join(folder, name),
    )
    writeFileSync(body!, BODY)
    writeFileSync(changed!, BODY.replace('42', '43'))
    const signed = await cli(['sign', ...scheme, body!], { env })
    assert.equal(signed.code, 0, signed.stderr)
    writeFileSync(headers!, signed.stdout)
    const flags = ['verify', ...scheme, '--headers-file', headers!]
    const good = await cli([...flags, body!], { env })
    assert.equal(good.code, 0, good.stderr)
    assert.match(good.stdout, /The signature fits\./)
    const bad = await cli([...flags, changed!], { env })
    assert.equal(bad.code, 6)
    assert.match(bad.stderr, /Refused: signature_mismatch\. No signature fits/)
    assert.doesNotMatch(bad.stderr + good.stdout, /MfKQ9r8/)
  })

test("other people's libraries accept what sign makes", async () => {
  const sign = async (...scheme: string[]) => {
    const { stdout } = await cli(['sign', ...scheme, '--json', '-'], { env, stdin: BODY })
    return JSON.parse(stdout) as Record<string, string>
  }
  const standard = await sign()
  assert.deepEqual(new Webhook(SECRET).verify(BODY, standard), JSON.parse(BODY))
  const { 'Stripe-Signature': header = '' } = await sign('--provider', 'stripe')
  assert.ok(new Stripe('sk_test_x').webhooks.constructEvent(BODY, header, SECRET))
})

async function verifyWith(headers: Record<string, string>, body: string, ...flags: string[]) {
  const lines = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`])
  return await cli(['verify', '--json', ...flags, ...lines, '-'], { env, stdin: body })
}

async function signed(...flags: string[]) {
  const { stdout } = await cli(['sign', '--json', ...flags, '-'], { env, stdin: BODY })
  return JSON.parse(stdout) as Record<string, string>
}

const CAUSES = [
  ['body_final_newline', [], `${BODY}\n`, []],
  ['body_reserialised', [], BODY.replace(',', ', '), []],
  ['scheme_other', ['--provider', 'stripe'], BODY, ['--scheme', 'timestamped']],
  ['clock_skew', ['--at', '1d'], BODY, []],
  ['secret_other', [], BODY, ['--secret', `${SECRET.slice(0, -4)}AAAA`, '--other-secret', SECRET]],
  ['secret_quotes', ['--provider', 'github'], BODY, ['--provider', 'github', '--secret', `"${SECRET}"`]],
] as const

interface Refused {
  readonly ok: boolean
  readonly reason: string
  readonly diagnoses: Array<{ cause: string; detail: string; remedy: string }> | null
}

for (const [cause, signFlags, body, verifyFlags] of CAUSES)
  test(`--explain says why not: ${cause}`, async () => {
    const headers = await signed(...signFlags)
    const { code, stdout, stderr } = await verifyWith(headers, body, '--explain', ...verifyFlags)
    assert.equal(code, 6, stderr)
    const result = JSON.parse(stdout) as Refused
    assert.equal(result.ok, false)
    assert.deepEqual(
      result.diagnoses?.map((found) => found.cause),
      [cause],
    )
    assert.ok(stderr.includes(result.diagnoses?.[0]?.remedy ?? assert.fail()))
    assert.doesNotMatch(stdout + stderr, /MfKQ9r8/)
    const plain = await verifyWith(headers, body, ...verifyFlags)
    assert.equal((JSON.parse(plain.stdout) as Refused).diagnoses, null)
    assert.match(plain.stderr, /Add --explain/)
  })

test('what no known mistake explains is said to be unexplained', async () => {
  const { code, stderr } = await verifyWith(
    await signed(),
    BODY,
    '--explain',
    '--secret',
    PUBLIC.replace('whpk', 'whsec'),
  )
  assert.equal(code, 6)
  assert.match(stderr, /None of the known mistakes/)
})

test('a scheme of your own from a file, with secrets from variables', async (t) => {
  const folder = tempDir(t)
  const [scheme, wrong] = [join(folder, 'acme.json'), join(folder, 'wrong.json')]
  const acme = {
    header: 'X-Acme-Signature',
    signed: ['timestamp', { literal: '.' }, 'body'],
    timestamp: { in: { header: 'X-Acme-Time' }, unit: 's' },
  }
  writeFileSync(scheme, JSON.stringify(acme))
  writeFileSync(wrong, JSON.stringify({ ...acme, signed: ['boddy'] }))
  const variables = { OLD: 'the old secret of acme', NEW: 'the new secret of acme' }
  const sign = ['sign', '--json', '--scheme', scheme, '--secret-env', 'OLD', '-']
  const made = await cli(sign, { env: variables, stdin: BODY })
  const lines = Object.entries(JSON.parse(made.stdout) as Record<string, string>).flatMap((pair) => [
    '--header',
    pair.join(': '),
  ])
  const verify = ['verify', '--scheme', scheme, '--secret-env', 'NEW', '--secret-env', 'OLD', ...lines, '-']
  const { code, stdout, stderr } = await cli(verify, { env: variables, stdin: BODY })
  assert.equal(code, 0, stderr)
  assert.match(stdout, /number 2: the sender still signs with an old one/)
  const refused = await cli(['verify', '--scheme', wrong, ...lines, '-'], { env, stdin: BODY })
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /signed\[0\] must be/)
})

test('a provider that signs the URL: as it was called', async () => {
  const { stdout } = await cli(
    ['verify', '--provider', 'twilio', '--json', '--header', 'x-twilio-signature: AAAA', '-'],
    {
      env,
      stdin: 'a=b',
    },
  )
  assert.equal((JSON.parse(stdout) as Refused).reason, 'request_malformed')
  // https://www.twilio.com/docs/usage/security: URL, then the fields by name; HMAC-SHA1 in base64.
  const url = 'https://a.example/sms?x=1'
  const signature = createHmac('sha1', SECRET).update(`${url}Bodyhi`).digest('base64')
  const flags = ['--header', `x-twilio-signature: ${signature}`]
  const form = ['--header', 'content-type: application/x-www-form-urlencoded']
  const verify = ['verify', '--provider', 'twilio', ...flags, ...form, '--url', url, '-']
  const { code, stderr } = await cli(verify, { env, stdin: 'Body=hi' })
  assert.equal(code, 0, stderr)
})

test('an old request can be verified as of its time', async () => {
  const { code } = await verifyWith(await signed('--at', '1d'), BODY, '--at', '1d')
  assert.equal(code, 0)
})

test('a curl line holds the headers and the file', async (t) => {
  const file = join(tempDir(t), 'event.json')
  writeFileSync(file, BODY)
  const { stdout } = await cli(['sign', '--curl', 'http://127.0.0.1:1/x', file], { env })
  assert.match(stdout, /^curl -sS http:\/\/127\.0\.0\.1:1\/x \\\n {2}-H 'content-type: application\/json'/)
  assert.ok(stdout.includes(`--data-binary @${file}`))
})

const USAGE = [
  [['sign', '--scheme', 'nope', '-'], /--scheme "nope" is not known\. Known: standard/],
  [['sign', '--scheme', 'stripe', '-'], /is a provider: use --provider stripe/],
  [['sign', '--provider', 'nope', '-'], /--provider "nope" is not known: posthorn providers/],
  [['sign', '--provider', 'stripe', '--scheme', 'plain', '-'], /exclude each other/],
  [['sign', '--provider', 'twilio', '-'], /can be verified, not signed/],
  [['sign', '--secret-env', 'NOT_THERE', '-'], /the variable NOT_THERE is not set/],
  [
    ['verify', '--provider', 'github', '--header', 'a: b', '--setting', 'x=1', '-'],
    /--setting x is no setting of GitHub/,
  ],
  [['verify', '--secret', SECRET, '-'], /No headers were given/],
  [['verify', '--header', 'no colon', '-'], /Line 1 of the headers/],
  [['verify', '--header', 'a: b', '--tolerance', 'x', '-'], /--tolerance "x"/],
  [['sign', '--scheme', 'standard-ed25519', '--secret', 'whsk_short', '-'], /standard-ed25519/],
  [['sign', '--at', 'then', '-'], /--at "then" is no time/],
  [['sign', '--unknown'], /Unknown option/],
] as const

for (const [args, message] of USAGE)
  test(`usage: ${args.join(' ')}`, async () => {
    const { code, stderr, stdout } = await cli(args, { env, stdin: BODY })
    assert.equal(code, 2, stderr)
    assert.match(stderr, message)
    assert.equal(stdout, '')
  })

test('without a secret, and with a key that can only verify', async () => {
  assert.match((await cli(['sign', '-'], { stdin: BODY })).stderr, /POSTHORN_SIGNING_SECRET/)
  assert.equal(
    (await cli(['sign', '--scheme', 'standard-ed25519', '--secret', PUBLIC, '-'], { stdin: BODY })).code,
    2,
  )
})

test('a file that is not there', async () => {
  const { code, stderr } = await cli(['sign', '/nowhere/at/all'], { env })
  assert.equal(code, 1)
  assert.match(stderr, /\/nowhere\/at\/all cannot be read: ENOENT/)
})
