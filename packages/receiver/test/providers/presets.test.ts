/** Every preset: a good request, and at least six that must be refused, each for its own reason. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROVIDERS } from '@posthorn/receiver/providers'
import { NOW, type Sample, type SampleRequest } from '../support/sample.ts'
import { reason, receiverOf, verifyBoth, withSignature } from '../support/sample-receiver.ts'
import { SAMPLES } from '../support/samples.ts'

const names = Object.keys(PROVIDERS)

test('there are at least 32 presets, each with a sample, a page of the vendor and a hint about its secret', () => {
  assert.ok(names.length >= 32, String(names.length))
  assert.deepEqual(SAMPLES.map(({ name }) => name).sort(), [...names].sort())
  for (const [name, provider] of Object.entries(PROVIDERS)) {
    assert.equal(provider.name, name)
    assert.ok(provider.docs.length > 0)
    for (const page of provider.docs) assert.match(page, /^https:\/\/[a-z0-9.-]+/)
    assert.match(provider.secretHint, /\w{3,}.*\.$/)
  }
})

interface Refused {
  readonly what: string
  readonly make: (sample: Sample) => SampleRequest
  readonly reasons: readonly string[]
  readonly for?: (sample: Sample) => boolean
  readonly nowMs?: (sample: Sample) => number
  readonly otherSecret?: boolean
}

const inHeader = ({ place }: Sample): boolean => 'header' in place
/** Beyond every tolerance, in either direction. */
const DAYS_2 = 2 * 86_400_000

const REFUSED: readonly Refused[] = [
  {
    what: 'no signature',
    make: (sample) => withSignature(sample, () => undefined),
    reasons: ['signature_missing'],
  },
  {
    what: 'an empty signature',
    make: (sample) => withSignature(sample, () => ''),
    reasons: ['signature_missing'],
  },
  {
    what: 'a signature that is something else',
    make: (sample) => withSignature(sample, () => '!!'),
    reasons: ['signature_malformed', 'signature_mismatch'],
  },
  {
    what: 'a signature cut short',
    make: (sample) => withSignature(sample, (signature) => signature.slice(0, -4)),
    reasons: ['signature_malformed', 'signature_mismatch'],
  },
  {
    what: 'a signature with more behind it',
    make: (sample) => withSignature(sample, (signature) => `${signature}aaaa`),
    reasons: ['signature_malformed', 'signature_mismatch'],
  },
  {
    what: 'the signature of another secret',
    make: ({ request }) => request,
    reasons: ['signature_mismatch'],
    otherSecret: true,
    for: ({ otherSecret }) => otherSecret !== undefined,
  },
  {
    what: 'a signature header that is there twice',
    make: (sample) => withSignature(sample, (signature) => `${signature}, ${signature}`),
    // Node joins doubled headers; in a list of pairs that gives the time stamp, or a signature, twice.
    reasons: ['header_duplicated', 'signature_mismatch', 'signature_malformed'],
    for: (sample) => inHeader(sample) && !sample.token,
  },
  {
    what: 'a body with another last byte',
    make: ({ request }) => ({
      ...request,
      body: Buffer.concat([request.body.subarray(0, -1), Buffer.from('#')]),
    }),
    reasons: ['signature_mismatch', 'body_malformed'],
    for: ({ token, looseBody }) => !token && !looseBody,
  },
  {
    what: 'an empty body',
    make: ({ request }) => ({ ...request, body: Buffer.alloc(0) }),
    reasons: ['signature_mismatch', 'body_malformed', 'signature_missing'],
    for: ({ token, looseBody }) => !token || looseBody === true,
  },
  {
    what: 'a body that a parser had first',
    make: ({ request }) => ({ ...request, body: request.body.toString() as unknown as Buffer }),
    reasons: ['body_not_bytes'],
  },
  {
    what: 'a body over the limit',
    make: ({ request }) => ({ ...request, body: Buffer.alloc(1_048_577, 0x20) }),
    reasons: ['body_too_large'],
  },
  {
    what: 'no headers at all',
    make: ({ request }) => ({ ...request, headers: undefined as unknown as Record<string, string> }),
    reasons: ['request_malformed'],
  },
  {
    what: 'a time stamp that is too old',
    make: ({ request }) => request,
    reasons: ['timestamp_too_old'],
    nowMs: () => NOW + DAYS_2,
    for: ({ stamped }) => stamped === true,
  },
  {
    what: 'a time stamp that is too new',
    make: ({ request }) => request,
    reasons: ['timestamp_too_new'],
    nowMs: () => NOW - DAYS_2,
    for: ({ stamped }) => stamped === true,
  },
]

for (const sample of SAMPLES) {
  const { name, request } = sample

  test(`${name}: a good request (derived) is accepted, with its id and type, at once or later`, async () => {
    const result = await verifyBoth(sample, request)
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal(result.id, sample.id)
    assert.equal(result.type, sample.type)
    assert.deepEqual(result.body, request.body)
    assert.equal(result.timestamp !== undefined, sample.stamped === true || sample.fetchKey !== undefined)
    const other = {
      ...request,
      headers: Object.entries(request.headers).map(([key, value]) => [key.toUpperCase(), value] as const),
    }
    assert.ok((await receiverOf(sample).verify(other)).ok, 'names of headers in upper case')
  })

  const applicable = REFUSED.filter((one) => one.for?.(sample) ?? true)
  test(`${name}: refused: ${applicable.map(({ what }) => what).join('; ')}`, async () => {
    assert.ok(applicable.length >= 6)
    for (const refused of applicable) {
      const options = {
        ...(refused.otherSecret ? { secrets: [sample.otherSecret ?? ''] } : {}),
        ...(refused.nowMs ? { clock: () => refused.nowMs?.(sample) ?? 0 } : {}),
      }
      const result = reason(await verifyBoth(sample, refused.make(sample), options))
      assert.ok(refused.reasons.includes(result), `${refused.what}: ${result}`)
    }
  })

  if (sample.otherSecret === undefined) continue
  test(`${name}: two secrets during a rotation; which fitted is told`, async () => {
    const told: number[] = []
    const secrets = [sample.otherSecret ?? '', sample.secret ?? '']
    const receiver = receiverOf(sample, {
      secrets,
      onOldSecret: (event) => void told.push(event.secretIndex),
    })
    const result = await receiver.verify(request)
    assert.ok(result.ok)
    assert.deepEqual([result.secretIndex, told], [1, [1]])
  })
}
