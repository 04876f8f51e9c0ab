import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outboundScheme, REFUSAL_REASONS, type RefusalReason, type VerifyRequest } from '@posthorn/receiver'
import { createSyncReceiver } from '@posthorn/receiver/node'
import {
  type MutableRequest,
  NOW,
  reasonOf,
  SCHEMES,
  secretOf,
  signed,
  verifyBoth,
} from './support/requests.ts'

type Case = [what: string, expected: RefusalReason, change: (request: MutableRequest) => VerifyRequest]

/** A copy with headers changed; undefined removes one. */
const withHeaders = (request: MutableRequest, change: Record<string, unknown>): VerifyRequest => ({
  ...request,
  headers: Object.fromEntries(
    Object.entries({ ...request.headers, ...change }).filter(([, value]) => value !== undefined),
  ) as Record<string, string>,
})

for (const name of SCHEMES) {
  const scheme = outboundScheme(name)
  const options = { scheme, secrets: [secretOf(name)] }
  const signature = (request: MutableRequest): string => request.headers[scheme.header] ?? ''
  const setSignature = (change: (value: string) => string) => (request: MutableRequest) =>
    withHeaders(request, { [scheme.header]: change(signature(request)) })
  const idHeader = Object.keys(signed(name).headers).find((header) => /-id$/i.test(header)) ?? assert.fail()

  const cases: Case[] = [
    ['no headers at all', 'signature_missing', (request) => ({ ...request, headers: {} })],
    [
      'no signature header',
      'signature_missing',
      (request) => withHeaders(request, { [scheme.header]: undefined }),
    ],
    ['an empty signature header', 'signature_missing', setSignature(() => '')],
    ['another body', 'signature_mismatch', (request) => ({ ...request, body: Buffer.from('{}') })],
    ['an empty body', 'signature_mismatch', (request) => ({ ...request, body: new Uint8Array(0) })],
    ['a signature that is cut short', 'signature_mismatch', setSignature(cutShort)],
    [
      'a signature of other digits',
      'signature_malformed',
      setSignature((value) => value.replace(/.(=*)$/, '!$1')),
    ],
    ['an over-long header', 'signature_malformed', setSignature((value) => value + 'a'.repeat(9000))],
    [
      'the signature header twice',
      'header_duplicated',
      (request) => withHeaders(request, { [scheme.header]: [signature(request), signature(request)] }),
    ],
    [
      'the signature header twice, joined by Node',
      'header_duplicated',
      setSignature((value) => `${value}, ${value}`),
    ],
    ['no id', 'id_missing', (request) => withHeaders(request, { [idHeader]: undefined })],
    ['an id with white space', 'id_malformed', (request) => withHeaders(request, { [idHeader]: 'evt 1' })],
    ['an over-long id', 'id_malformed', (request) => withHeaders(request, { [idHeader]: 'x'.repeat(300) })],
    ['two ids', 'header_duplicated', (request) => withHeaders(request, { [idHeader]: 'evt_1, evt_2' })],
    [
      'the same id under names in other case',
      'header_duplicated',
      (request) => withHeaders(request, { [idHeader.toUpperCase()]: 'evt_1' }),
    ],
    ['a text as the body', 'body_not_bytes', (request) => ({ ...request, body: '{}' as never })],
    ['a parsed body', 'body_not_bytes', (request) => ({ ...request, body: { id: 1 } as never })],
    ['no body', 'body_not_bytes', (request) => ({ ...request, body: undefined as never })],
    ['a huge body', 'body_too_large', (request) => ({ ...request, body: new Uint8Array(1_048_577) })],
    ['headers that are a text', 'request_malformed', (request) => ({ ...request, headers: 'a: b' as never })],
    ['a header that is a number', 'request_malformed', (request) => withHeaders(request, { [idHeader]: 7 })],
  ]
  if (scheme.timestamp) cases.push(...timestampCases())
  if (scheme.signatures === 'many')
    cases.push(
      [
        'only a signature of another version',
        'signature_unsupported',
        setSignature((value) => value.replace(/v1a?([=,])/, 'v0$1')),
      ],
      [
        '33 signatures',
        'signature_malformed',
        setSignature(
          (value) => `${value}${`${separator(name)}${value.split(/[ ](?=v)|,(?=v1=)/).at(-1)}`.repeat(32)}`,
        ),
      ],
    )
  if (name.startsWith('standard'))
    cases.push([
      'an id with a dot',
      'id_malformed',
      (request) => withHeaders(request, { [idHeader]: 'evt.1' }),
    ])

  function timestampCases(): Case[] {
    const unitMs = scheme.timestamp?.unit === 'ms' ? 1 : 1000
    const now = Math.floor(NOW / unitMs)
    const place = scheme.timestamp?.in
    const stamp = (text: string | undefined) => (request: MutableRequest) =>
      typeof place === 'object' && 'header' in place
        ? withHeaders(request, { [place.header]: text })
        : withHeaders(request, {
            [scheme.header]: signature(request).replace(/^t=\d+,/, text === undefined ? '' : `t=${text},`),
          })
    const odd = [
      '1700000000garbage',
      ' 1700000000',
      '+1',
      '-1',
      '1e9',
      '1700000000.5',
      '0x6553f100',
      '١٧٠٠٠٠٠٠٠٠',
      '9'.repeat(16),
      'NaN',
    ]
    // In a pairs header, white space round an entry is no part of it.
    const found = odd.filter((text) => !(place === 'signature' && text.startsWith(' ')))
    return [
      ['no time stamp', 'timestamp_missing', stamp(undefined)],
      ['an empty time stamp', 'timestamp_missing', stamp('')],
      ...found.map(
        (text): Case => [`the time stamp ${JSON.stringify(text)}`, 'timestamp_malformed', stamp(text)],
      ),
      [
        'a time stamp that is older than was signed',
        'timestamp_too_old',
        stamp(String(now - 301_000 / unitMs)),
      ],
      ['a time stamp in the future', 'timestamp_too_new', stamp(String(now + 301_000 / unitMs))],
      [
        'a time stamp in the wrong unit',
        unitMs === 1 ? 'timestamp_too_old' : 'timestamp_too_new',
        stamp(String(unitMs === 1 ? Math.floor(NOW / 1000) : NOW)),
      ],
      ...(scheme.signed.includes('timestamp')
        ? [['a fresh time stamp that was not signed', 'signature_mismatch', stamp(String(now + 1))] as Case]
        : []),
    ]
  }

  for (const [what, expected, change] of cases)
    test(`${name}: ${what} is refused as ${expected}`, async () => {
      assert.equal(await reasonOf(options, signed(name)), 'accepted')
      assert.equal(await reasonOf(options, change(signed(name))), expected)
    })
}

/** The signature without its last bytes: still whole hex digits or whole base64. */
function cutShort(value: string): string {
  const bare = value.replace(/=+$/, '')
  const digits = bare.slice(bare.search(/[^,=]+$/))
  return bare.slice(0, -(digits.length % 4 || 4))
}

function separator(name: string): string {
  return name === 'timestamped' ? ',' : ' '
}

test('a refusal says what it found, never a secret or the right signature', async () => {
  const name = 'split'
  const options = { scheme: outboundScheme(name), secrets: [secretOf(name)] }
  const right = signed(name).headers['X-Webhook-Signature'] ?? assert.fail()
  const detail = async (request: VerifyRequest) => {
    const result = await verifyBoth(options, request)
    assert.ok(!result.ok)
    assert.ok(result.detail)
    assert.ok(!JSON.stringify(result).includes(right) && !JSON.stringify(result).includes(secretOf(name)))
    return result.detail
  }
  const request = signed(name)
  const stamp = (value: number) => withHeaders(request, { 'X-Webhook-Timestamp': String(value) })
  assert.match(await detail(stamp(Math.floor(NOW / 1000))), /looks like seconds, the scheme says ms/)
  assert.match(await detail(stamp(NOW - 301_000)), /^301 s from the clock, tolerance 300 s$/)
  assert.match(await detail({ ...request, body: '{}' as never }), /a string, a body parser .*raw bytes/)
  assert.match(await detail({ ...request, body: {} as never }), /an object, a body parser was there first/)
  assert.match(await detail({ ...request, body: new ArrayBuffer(2) as never }), /new Uint8Array\(body\)/)
  assert.match(await detail({ ...request, body: Buffer.alloc(0) }), /the body is empty: was it read before/)
  assert.match(await detail({ ...request, body: Buffer.from('x') }), /^signatures tried: 1/)
  const injected = await detail(withHeaders(request, { 'X-Webhook-ID': `a\n${'b'.repeat(500)}` }))
  assert.ok(injected.length < 200 && !injected.includes('\n'), injected)
  const seconds = { scheme: outboundScheme('plain'), secrets: [secretOf('plain')], clock: () => NOW }
  const milliseconds = withHeaders(signed('plain'), { 'X-Webhook-Timestamp': String(NOW) })
  const result = createSyncReceiver(seconds).verify(milliseconds)
  assert.match(result.ok ? '' : (result.detail ?? ''), /looks like milliseconds, the scheme says s/)
})

test('every reason has a sentence', () => {
  for (const [reason, sentence] of Object.entries(REFUSAL_REASONS))
    assert.match(sentence, /^[A-Z].{20,}\.$/, reason)
})
