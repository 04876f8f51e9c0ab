import assert from 'node:assert/strict'
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
  'standard',
  'timestamped',
  'prefixed',
  'split',
  'plain',
  'stripe',
  'github',
  'standard-webhooks',
]

for (const scheme of SCHEMES)
  test(`${scheme}: what sign prints, verify accepts; a changed body it refuses with code 6`, async (t) => {
    const folder = tempDir(t)
    const [body, headers, changed] = ['body.json', 'headers.txt', 'changed.json'].map((name) =>
      join(folder, name),
    )
    writeFileSync(body!, BODY)
    writeFileSync(changed!, BODY.replace('42', '43'))
    const signed = await cli(['sign', '--scheme', scheme, body!], { env })
    assert.equal(signed.code, 0, signed.stderr)
    writeFileSync(headers!, signed.stdout)
    const flags = ['verify', '--scheme', scheme, '--headers-file', headers!]
    const good = await cli([...flags, body!], { env })
    assert.equal(good.code, 0, good.stderr)
    assert.match(good.stdout, /The signature fits\./)
    const bad = await cli([...flags, changed!], { env })
    assert.equal(bad.code, 6)
    assert.match(bad.stderr, /Refused: signature_mismatch\. No signature fits/)
    assert.doesNotMatch(bad.stderr + good.stdout, /MfKQ9r8/)
  })

test("other people's libraries accept what sign makes", async () => {
  const sign = async (scheme: string) => {
    const { stdout } = await cli(['sign', '--scheme', scheme, '--json', '-'], { env, stdin: BODY })
    return JSON.parse(stdout) as Record<string, string>
  }
  const standard = await sign('standard')
  assert.deepEqual(new Webhook(SECRET).verify(BODY, standard), JSON.parse(BODY))
  const { 'Stripe-Signature': header = '' } = await sign('stripe')
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

const HINTS = [
  ['a line break at the end', [], `${BODY}\n`, [], /without the line break/],
  ['JSON written again', [], BODY.replace(',', ', '), [], /parsed and written again/],
  ['another scheme', ['--scheme', 'stripe'], BODY, ['--scheme', 'timestamped'], /fits the scheme "stripe"/],
  ['a request of yesterday', ['--at', '1d'], BODY, [], /But for the time the signature fits/],
  [
    'a foreign secret',
    [],
    BODY,
    ['--secret', `${SECRET.slice(0, -4)}AAAA`],
    /secret of another subscription/,
  ],
] as const

for (const [what, signFlags, body, verifyFlags, hint] of HINTS)
  test(`says why not: ${what}`, async () => {
    const { code, stdout } = await verifyWith(await signed(...signFlags), body, ...verifyFlags)
    assert.equal(code, 6)
    const result = JSON.parse(stdout) as { ok: boolean; hints: string[] }
    assert.equal(result.ok, false)
    assert.match(result.hints.join('\n'), hint)
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
