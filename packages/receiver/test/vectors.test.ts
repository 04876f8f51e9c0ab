import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  type CustomScheme,
  createSigner,
  customScheme,
  GENERIC_SCHEME_NAMES,
  type GenericSchemeName,
  type GenericSchemeOptions,
  genericScheme,
  github,
  type OutboundSchemeName,
  outboundScheme,
  type SignatureScheme,
  standardWebhooks,
  stripe,
} from '@posthorn/receiver'
import { createSyncSigner } from '@posthorn/receiver/node'
import { reasonOf, verifyBoth } from './support/requests.ts'

interface Vector {
  name: string
  source: string
  scheme: {
    preset?: keyof typeof PRESETS
    outbound?: OutboundSchemeName
    generic?: GenericSchemeName
    options?: GenericSchemeOptions
    custom?: CustomScheme
  }
  secret: string
  publicKey?: string
  body: string
  timestamp?: string
  headers: Record<string, string>
  id?: string
  method?: string
  url?: string
  canSign?: boolean
}

const PRESETS = { github, standardWebhooks, stripe }
const VECTORS: Vector[] = JSON.parse(
  readFileSync(new URL('vectors/signatures.json', import.meta.url), 'utf8'),
)

function schemeOf({ scheme }: Vector): SignatureScheme {
  if (scheme.preset) return PRESETS[scheme.preset]()
  if (scheme.outbound) return outboundScheme(scheme.outbound)
  if (scheme.generic && scheme.options) return genericScheme(scheme.generic, scheme.options)
  return customScheme(scheme.custom ?? assert.fail('a vector without a scheme'))
}

const stampMs = ({ timestamp }: Vector, scheme: SignatureScheme): number =>
  Number(timestamp ?? '1700000000') * (scheme.timestamp?.unit === 'ms' ? 1 : 1000)

for (const vector of VECTORS) {
  const scheme = schemeOf(vector)
  const clock = () => stampMs(vector, scheme)
  const body = Buffer.from(vector.body)
  const { headers, method, url } = vector
  const request = { headers, body, method, url }

  test(`vector ${vector.name} (${scheme.name}): accepted, with each form of its key`, async () => {
    for (const secret of [vector.secret, vector.publicKey]) {
      if (!secret) continue
      const result = await verifyBoth({ scheme, secrets: [secret], clock }, request)
      assert.ok(result.ok, JSON.stringify(result))
      assert.equal(result.timestamp, vector.timestamp && clock())
      if (vector.id) assert.equal(result.id, vector.id)
    }
  })

  test(`vector ${vector.name} (${scheme.name}): refused with another byte or another secret`, async () => {
    const secrets = [vector.secret]
    const other = Buffer.from(vector.body)
    other[0]! ^= 1
    // A token proves who sends, not what: any body passes.
    const expected = scheme.algorithm === 'token' ? 'accepted' : 'signature_mismatch'
    assert.equal(await reasonOf({ scheme, secrets, clock }, { ...request, body: other }), expected)
    const wrong = scheme.key === 'whsk' ? 'whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=' : 'A'.repeat(32)
    assert.equal(await reasonOf({ scheme, secrets: [wrong], clock }, request), 'signature_mismatch')
  })

  if (vector.canSign === false) continue
  test(`vector ${vector.name} (${scheme.name}): signing writes the same header`, async () => {
    const message = { id: vector.id ?? 'id_1', timestampMs: clock(), type: 't', deliveryId: 'd', body }
    const expected = Object.entries(headers).find(
      ([name]) => name.toLowerCase() === scheme.header.toLowerCase(),
    )?.[1]
    const options = { scheme, secrets: [vector.secret] }
    for (const signed of [createSyncSigner(options).sign(message), await createSigner(options).sign(message)])
      assert.equal(signed.find(([name]) => name === scheme.header)?.[1], expected)
  })
}

test('every generic scheme has a vector', () => {
  const covered = new Set(VECTORS.map(({ scheme }) => scheme.generic))
  assert.deepEqual(
    GENERIC_SCHEME_NAMES.filter((name) => !covered.has(name)),
    [],
  )
})

test('schemes that sign the URL or a time stamp in the body can be verified, not signed with', () => {
  for (const vector of VECTORS.filter(({ url }) => url))
    assert.throws(() => createSyncSigner({ scheme: schemeOf(vector), secrets: [vector.secret] }), {
      code: 'scheme_invalid',
    })
})
