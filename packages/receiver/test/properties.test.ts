import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createReceiver,
  createSigner,
  outboundScheme,
  REFUSAL_REASONS,
  type VerifyRequest,
} from '@posthorn/receiver'
import { createSyncReceiver } from '@posthorn/receiver/node'
import fc from 'fast-check'
import { constantTimeEqual, decodeSignature, fromBase64, fromHex, toBase64, toHex } from '../src/encoding.ts'
import { NOW, reasonOf, SCHEMES, secretOf, signed } from './support/requests.ts'

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf)
// Bytes of every kind: any, broken UTF-8, a byte order mark before JSON, NUL, text.
const anyBody = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.json().map((text) => Buffer.concat([BOM, Buffer.from(text)])),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc.constantFrom(Uint8Array.of(0xff), Uint8Array.of(0xc3, 0x28), Uint8Array.of(0), BOM),
)
// Ed25519 costs a hundred times an HMAC.
const runs = (name: string) => ({ numRuns: name === 'standard-ed25519' ? 30 : 150 })

for (const name of SCHEMES) {
  const scheme = outboundScheme(name)
  const secrets = [secretOf(name)]
  const receiver = createSyncReceiver({ scheme, secrets, clock: () => NOW })

  test(`${name}: what is signed is verified, whatever the bytes, by both crypto ports`, async () => {
    const web = createReceiver({ scheme, secrets, clock: () => NOW })
    const signer = createSigner({ scheme, secrets })
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const request = signed(name, body)
        const message = { id: 'evt_1', timestampMs: NOW, type: 'order.paid', deliveryId: 'dlv_1', body }
        assert.deepEqual(Object.fromEntries(await signer.sign(message)), request.headers)
        for (const result of [receiver.verify(request), await web.verify(request)]) {
          assert.ok(result.ok, JSON.stringify(result))
          assert.equal(result.id, 'evt_1')
          assert.deepEqual(result.body, body)
        }
      }),
      runs(name),
    )
  })

  test(`${name}: another byte anywhere in the body is refused`, () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 500 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (body, at, mask) => {
          const request = signed(name, body)
          const changed = Uint8Array.from(body)
          changed[at % body.length]! ^= mask
          const result = receiver.verify({ ...request, body: changed })
          assert.equal(result.ok ? 'accepted' : result.reason, 'signature_mismatch')
        },
      ),
      runs(name),
    )
  })

  test(`${name}: another character anywhere in a header is refused, or means the same`, () => {
    const request = signed(name, '{"a":1}')
    const { 'X-Webhook-Event': _event, 'X-Webhook-Delivery': _delivery, ...judged } = request.headers
    const visible = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(judged)), fc.nat(), visible, (header, nat, character) => {
        const value = judged[header] ?? assert.fail()
        const at = nat % value.length
        const changed = value.slice(0, at) + character + value.slice(at + 1)
        const result = receiver.verify({ ...request, headers: { ...request.headers, [header]: changed } })
        // Ids and time stamps that the scheme does not sign may be changed by anybody: the docs say so.
        const unsignedId = /-id$/i.test(header) && !scheme.signed.includes('id')
        const unsignedStamp = /-timestamp$/i.test(header) && !scheme.signed.includes('timestamp')
        if (unsignedId || unsignedStamp) return
        if (result.ok) assert.equal(meaning(changed), meaning(value), `${header}: ${changed}`)
      }),
      { numRuns: name === 'standard-ed25519' ? 100 : 600 },
    )

    /** Case of the prefix and of hex digits does not matter, nor does padding, or a space in its place, or the alphabet of base64. */
    function meaning(value: string): string {
      const text = value.toLowerCase().startsWith('sha256=') ? value.slice(7) : value
      if (scheme.encoding === 'hex') return text.replace(/[A-F]/g, (digit) => digit.toLowerCase())
      return text
        .replace(/[= ]+$/, '')
        .replaceAll('-', '+')
        .replaceAll('_', '/')
    }
  })

  test(`${name}: inclusive at the tolerance, refused one step beyond, in both directions`, async () => {
    const step = scheme.timestamp?.unit === 'ms' ? 1 : 1000
    if (!scheme.timestamp) {
      assert.equal(await reasonOf({ scheme, secrets }, signed(name, 'x', { timestampMs: 0 })), 'accepted')
      return
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3600 }), async (toleranceS) => {
        const reason = (offset: number) =>
          reasonOf({ scheme, secrets, toleranceS }, signed(name, 'x', { timestampMs: NOW + offset }))
        assert.equal(await reason(-toleranceS * 1000), 'accepted')
        assert.equal(await reason(toleranceS * 1000), 'accepted')
        assert.equal(await reason(-toleranceS * 1000 - step), 'timestamp_too_old')
        assert.equal(await reason(toleranceS * 1000 + step), 'timestamp_too_new')
      }),
      { numRuns: 20 },
    )
  })

  test(`${name}: garbage never makes verify throw`, async () => {
    const names = fc.constantFrom(
      ...Object.keys(signed(name).headers),
      '__proto__',
      'constructor',
      'content-type',
    )
    const values = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('t=,v1=', 'v1,', 'sha256=', ',,,=', '1700000000'),
    )
    const loose = fc.oneof(values, fc.array(values, { maxLength: 3 }), fc.anything())
    const headers = fc.oneof(
      fc.array(fc.tuple(names, loose)).map((entries) => Object.fromEntries(entries)),
      fc.array(fc.tuple(names, loose)),
      fc.anything(),
    )
    const bodies = fc.oneof(fc.uint8Array(), fc.anything())
    await fc.assert(
      fc.asyncProperty(headers, bodies, async (givenHeaders, body) => {
        const request = { headers: givenHeaders, body } as VerifyRequest
        const result = receiver.verify(request)
        assert.ok(!result.ok)
        assert.ok(result.reason in REFUSAL_REASONS)
        assert.equal(await reasonOf({ scheme, secrets }, request), result.reason)
      }),
      { numRuns: 300 },
    )
  })
}

test('hex and base64 go both ways; other spellings of base64 are undefined, not other bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.equal(toHex(bytes), Buffer.from(bytes).toString('hex'))
      assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'))
      if (bytes.length === 0) return
      assert.deepEqual(fromHex(toHex(bytes)), bytes)
      assert.deepEqual(fromHex(toHex(bytes).toUpperCase()), bytes)
      assert.deepEqual(fromBase64(toBase64(bytes)), bytes)
      assert.deepEqual(fromBase64(Buffer.from(bytes).toString('base64url')), bytes)
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'AQgwz019+/-_= \n'), maxLength: 12 }), (text) => {
      const bytes = fromBase64(text)
      if (bytes)
        assert.equal(
          toBase64(bytes).replace(/=+$/, ''),
          text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/'),
        )
    }),
    { numRuns: 2000 },
  )
  for (const text of ['', 'A', 'AA==A', 'AA=', 'AB==', 'A===', '+-aa', 'AAAA ', 'AAA=AAA='])
    assert.equal(fromBase64(text), undefined, text)
  for (const text of ['', 'a', 'abc', '0x12', 'zz', ' aa', 'aé']) assert.equal(fromHex(text), undefined, text)
  assert.equal(decodeSignature('', 'text'), undefined)
})

test('bytes are equal only when all of them are', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      assert.equal(constantTimeEqual(a, b), Buffer.compare(a, b) === 0)
      assert.ok(constantTimeEqual(a, Uint8Array.from(a)))
    }),
  )
})
