import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { createSyncReceiver } from '@posthorn/receiver/node'
import { parseCustomScheme } from '@posthorn/receiver/providers'
import fc from 'fast-check'
import { NOW } from '../support/sample.ts'

const ACME = {
  name: 'acme',
  header: 'X-Acme-Signature',
  signed: ['timestamp', { literal: '|' }, 'body'],
  encoding: 'base64',
  key_bytes: { min: 8, max: 64 },
  timestamp: { in: { header: 'X-Acme-Time' }, unit: 'ms', tolerance_s: 60 },
  id: { body: ['meta', 'id'] },
  type: [{ header: 'X-Acme-Type' }, { body: ['type'] }],
}

test('a scheme from JSON verifies', () => {
  const parsed = parseCustomScheme(JSON.parse(JSON.stringify(ACME)))
  assert.ok(parsed.ok, JSON.stringify(parsed))
  const body = Buffer.from('{"meta":{"id":"a1"},"type":"t"}')
  const signature = createHmac('sha256', 'secret-of-acme').update(`${NOW}|`).update(body).digest('base64')
  const receiver = createSyncReceiver({
    scheme: parsed.scheme,
    secrets: ['secret-of-acme'],
    clock: () => NOW,
  })
  const result = receiver.verify({
    headers: { 'x-acme-signature': signature, 'x-acme-time': String(NOW) },
    body,
  })
  assert.ok(result.ok)
  assert.deepEqual([result.id, result.type, result.timestamp], ['a1', 't', NOW])
  assert.deepEqual([parsed.scheme.timestamp?.toleranceS, parsed.scheme.keyBytes.min], [60, 8])
})

test('pairs, tokens, aliases and public keys can be said in JSON', () => {
  const good = [
    {
      name: 'a',
      header: 'S',
      signed: ['body'],
      form: { form: 'pairs', signature_key: 'v1', assign: '=', separator: ',' },
    },
    { name: 'a', header: 'S', signed: [], algorithm: 'token', form: { form: 'value', prefix: 'Bearer ' } },
    { name: 'a', header: 'S', signed: ['method', 'url', 'body'], algorithm: 'ecdsa-p256' },
    { name: 'a', header: 'webhook-signature', signed: ['body'], header_alias: ['webhook-', 'svix-'] },
  ]
  for (const json of good) assert.ok(parseCustomScheme(json).ok, JSON.stringify(parseCustomScheme(json)))
})

const flaws = (json: unknown): [string, string][] => {
  const parsed = parseCustomScheme(json)
  return parsed.ok ? [] : parsed.flaws.map(({ path, message }) => [path, message])
}

const FLAWED: [unknown, path: string, message: RegExp][] = [
  [undefined, '', /must be an object, it is undefined/],
  [[], '', /must be an object, it is a list of 0/],
  [{ ...ACME, name: undefined }, 'name', /must be a text/],
  [{ header: 'S', signed: ['body'] }, 'name', /is missing/],
  [{ ...ACME, signed: ['timestmap', 'body'] }, 'signed[0]', /one of id, timestamp, body.*"timestmap"/],
  [{ ...ACME, signed: 'body' }, 'signed', /must be a list/],
  [
    { ...ACME, timestamp: { ...ACME.timestamp, unit: 'seconds' } },
    'timestamp.unit',
    /"s" or "ms", it is "seconds"/,
  ],
  [{ ...ACME, timestamp: { unit: 's' } }, 'timestamp.in', /is missing/],
  [
    { ...ACME, timestamp: { ...ACME.timestamp, tolerance_s: -1 } },
    'timestamp.tolerance_s',
    /from 0 to 86400, it is -1/,
  ],
  [{ ...ACME, toleranceS: 5 }, 'toleranceS', /not known; known: name, header/],
  [{ ...ACME, algorithm: 'md5' }, 'algorithm', /hmac-sha256/],
  [{ ...ACME, id: { heading: 'X' } }, 'id', /an object with heading/],
  [{ ...ACME, form: { form: 'pairs' } }, 'form.signature_key', /is missing/],
  [{ ...ACME, form: { form: 'value', separator: ',' } }, 'form.separator', /belongs to the form "pairs"/],
  [{ ...ACME, header: 'X Acme' }, '', /"x acme" is not a header name/],
  [{ ...ACME, signed: [] }, '', /"signed" is empty/],
  [{ ...ACME, header_alias: ['a'] }, 'header_alias', /list of 2 to 2/],
  [{ ...ACME, header: 'a'.repeat(101) }, 'header', /longer than 100/],
]

for (const [json, path, message] of FLAWED)
  test(`flaw at ${JSON.stringify(path)}: ${message.source}`, () => {
    const found = flaws(json)
    const flaw = found.find(([at]) => at === path) ?? assert.fail(JSON.stringify(found))
    assert.match(flaw[1], message)
  })

test('all flaws are told at once', () => {
  const found = flaws({ header: 7, signed: [1, 'body', {}], extra: 1 })
  assert.deepEqual(found.map(([path]) => path).sort(), ['extra', 'header', 'name', 'signed[0]', 'signed[2]'])
})

test('any JSON is a scheme or a list of flaws, never an error', () => {
  const part = fc.oneof(fc.jsonValue(), fc.constantFrom('body', 'id', { literal: '.' }))
  const scheme = fc.record(
    Object.fromEntries(
      Object.keys(ACME).map((key) => [
        key,
        fc.oneof(fc.constant(ACME[key as keyof typeof ACME]), part, fc.array(part)),
      ]),
    ),
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(scheme, fc.jsonValue()), (json) => {
      const parsed = parseCustomScheme(json)
      if (!parsed.ok) assert.ok(parsed.flaws.length > 0)
    }),
    { numRuns: 1000 },
  )
})
