import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { nodeCrypto } from '@posthorn/receiver/node'
import {
  createProviderReceiver,
  PROVIDERS,
  type ProviderName,
  publicUrlOf,
} from '@posthorn/receiver/providers'
import { NOW, SECONDS, SECRET } from '../support/sample.ts'
import { reason } from '../support/sample-receiver.ts'

const receiver = (name: ProviderName) =>
  createProviderReceiver({
    provider: PROVIDERS[name],
    secrets: [SECRET],
    crypto: nodeCrypto(),
    clock: () => NOW,
  })
const hmac = (...parts: (string | Uint8Array)[]) => {
  const made = createHmac('sha256', SECRET)
  for (const part of parts) made.update(part)
  return made
}

const BODIES: [what: string, body: Uint8Array][] = [
  ['empty', new Uint8Array(0)],
  ['1 MiB', new Uint8Array(1_048_576).fill(0x61)],
  ['not UTF-8', Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0)],
  ['with a byte order mark', Buffer.from('\ufeff{"id":"evt_1","type":"a.b"}')],
  ['NUL', Uint8Array.of(0)],
  ['deeply nested', Buffer.from('['.repeat(200_000))],
  ['a number', Buffer.from('1e999')],
]

for (const [what, body] of BODIES)
  test(`a signed body is accepted as it is: ${what}`, async () => {
    const requests: [ProviderName, Record<string, string>][] = [
      ['github', { 'X-Hub-Signature-256': `sha256=${hmac(body).digest('hex')}` }],
      ['shopify', { 'X-Shopify-Hmac-Sha256': hmac(body).digest('base64') }],
      ['stripe', { 'Stripe-Signature': `t=${SECONDS},v1=${hmac(`${SECONDS}.`, body).digest('hex')}` }],
      [
        'slack',
        {
          'X-Slack-Signature': `v0=${hmac(`v0:${SECONDS}:`, body).digest('hex')}`,
          'X-Slack-Request-Timestamp': SECONDS,
        },
      ],
      ['docusign', { 'X-DocuSign-Signature-1': hmac(body).digest('base64') }],
    ]
    for (const [name, headers] of requests) {
      const result = await receiver(name).verify({ headers, body })
      assert.ok(result.ok, `${name} ${JSON.stringify(result)}`)
      assert.equal(result.body, body)
      const other = Uint8Array.from([...body.subarray(0, 100), 1])
      assert.equal(reason(await receiver(name).verify({ headers, body: other })), 'signature_mismatch')
    }
  })

test('a byte order mark does not hide the id', async () => {
  const body = Buffer.from('\ufeff{"id":"evt_1","type":"a.b"}')
  const headers = { 'Stripe-Signature': `t=${SECONDS},v1=${hmac(`${SECONDS}.`, body).digest('hex')}` }
  const result = await receiver('stripe').verify({ headers, body })
  assert.ok(result.ok)
  assert.deepEqual([result.id, result.type], ['evt_1', 'a.b'])
})

test('signatures whose providers read the body: odd bodies are refused by a value', async () => {
  for (const name of ['mailgun', 'adyen', 'ms-graph'] as const)
    for (const [what, body] of BODIES) {
      const secrets = [name === 'adyen' ? 'ab'.repeat(32) : SECRET]
      const result = await createProviderReceiver({
        provider: PROVIDERS[name],
        secrets,
        crypto: nodeCrypto(),
      }).verify({ headers: {}, body })
      assert.ok(
        ['signature_missing', 'body_malformed'].includes(reason(result)),
        `${name} ${what} ${reason(result)}`,
      )
    }
})

test('32 signatures in a header are tried, a hundred are not', async () => {
  const body = Buffer.from('{}')
  const good = hmac(`${SECONDS}.`, body).digest('hex')
  const bad = (count: number) => Array.from({ length: count }, () => `v1=${'0'.repeat(64)}`)
  const asked = async (...entries: string[]) =>
    reason(
      await receiver('stripe').verify({
        headers: { 'Stripe-Signature': [`t=${SECONDS}`, ...entries].join(',') },
        body,
      }),
    )
  assert.equal(await asked(...bad(31), `v1=${good}`), 'accepted')
  assert.equal(await asked(...bad(32), `v1=${good}`), 'signature_malformed')
  assert.equal(await asked(...bad(99), `v1=${good}`), 'signature_malformed')
  assert.equal(await asked(...bad(31)), 'signature_mismatch')
  assert.equal(await asked(`v0=${good}`), 'signature_unsupported', 'a test signature is none')
})

test('DocuSign: a hundred headers, the last of which fits', async () => {
  const body = Buffer.from('{}')
  const headers = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [
      `X-DocuSign-Signature-${index + 1}`,
      hmac(index === 99 ? body : 'other').digest('base64'),
    ]),
  )
  assert.equal(reason(await receiver('docusign').verify({ headers, body })), 'accepted')
  assert.equal(
    reason(
      await receiver('docusign').verify({
        headers: { 'X-DocuSign-Signature-101': hmac(body).digest('base64') },
        body,
      }),
    ),
    'signature_missing',
  )
})

test('at the tolerance it is fresh, a second beyond it is not, in both directions', async () => {
  for (const [name, toleranceS] of [
    ['stripe', 300],
    ['paddle', 5],
    ['calendly', 180],
  ] as const) {
    assert.equal(PROVIDERS[name].scheme.timestamp?.toleranceS, toleranceS)
    for (const [offset, expected] of [
      [0, 'accepted'],
      [1, 'too'],
    ] as const)
      for (const sign of [-1, 1]) {
        const stamp = String(Number(SECONDS) + sign * (toleranceS + offset))
        const header = PROVIDERS[name].scheme.header
        const value =
          name === 'paddle'
            ? `ts=${stamp};h1=${hmac(`${stamp}:`, '{}').digest('hex')}`
            : `t=${stamp},v1=${hmac(`${stamp}.`, '{}').digest('hex')}`
        const found = reason(
          await receiver(name).verify({ headers: { [header]: value }, body: Buffer.from('{}') }),
        )
        assert.ok(found.includes(expected), `${name} ${sign} ${offset} ${found}`)
      }
  }
})

test('GitHub: a form is verified as its raw bytes; its action is read from the field', async () => {
  const body = Buffer.from(new URLSearchParams({ payload: '{"action":"opened"}' }).toString())
  const headers = {
    'X-Hub-Signature-256': `sha256=${hmac(body).digest('hex')}`,
    'X-GitHub-Event': 'issues',
    'Content-Type': 'application/x-www-form-urlencoded',
  }
  const result = await receiver('github').verify({ headers, body })
  assert.ok(result.ok)
  assert.deepEqual([result.type, result.payload], ['issues.opened', { action: 'opened' }])
  const push = await receiver('github').verify({
    headers: { ...headers, 'Content-Type': 'application/json' },
    body,
  })
  assert.ok(push.ok && push.type === 'issues')
})

test('a header that is there twice gives no id, rather than one of the two', async () => {
  const body = Buffer.from('{}')
  const headers: [string, string][] = [
    ['X-Hub-Signature-256', `sha256=${hmac(body).digest('hex')}`],
    ['X-GitHub-Delivery', 'a'],
    ['x-github-delivery', 'b'],
  ]
  const result = await receiver('github').verify({ headers, body })
  assert.ok(result.ok)
  assert.equal(result.id, undefined)
})

test('Mailgun: the token that must not come twice is told', async () => {
  const token = 'ab'.repeat(25)
  const signature = { timestamp: Number(SECONDS), token, signature: hmac(`${SECONDS}${token}`).digest('hex') }
  const result = await receiver('mailgun').verify({
    headers: {},
    body: Buffer.from(JSON.stringify({ signature, 'event-data': { id: 'x' } })),
  })
  assert.ok(result.ok)
  assert.equal(result.oneTimeToken, token)
  assert.equal(result.timestamp, Number(SECONDS) * 1000)
})

test('the public URL takes the query of the request, unless it has its own', () => {
  const base = 'https://a.example/in/1'
  assert.equal(publicUrlOf(base, '/in/1?a=b'), `${base}?a=b`)
  assert.equal(publicUrlOf(base, 'http://10.0.0.1:8080/x?a=b?c'), `${base}?a=b?c`)
  assert.equal(publicUrlOf(base, '/in/1'), base)
  assert.equal(publicUrlOf(`${base}?x=1`, '/in/1?a=b'), `${base}?x=1`)
})

test('Telegram and Dropbox: the type is the key that is there', async () => {
  const headers = { 'X-Telegram-Bot-Api-Secret-Token': SECRET }
  const asked = async (body: string) => {
    const result = await receiver('telegram').verify({ headers, body: Buffer.from(body) })
    assert.ok(result.ok)
    return [result.id, result.type]
  }
  assert.deepEqual(await asked('{"update_id":1,"edited_message":{}}'), ['1', 'edited_message'])
  assert.deepEqual(await asked('{"update_id":1}'), ['1', undefined])
  assert.deepEqual(await asked('[]'), [undefined, undefined])
})
