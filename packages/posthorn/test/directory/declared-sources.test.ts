import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPosthornError } from '../../src/domain/error.ts'
import { parseSourcesFile } from '../../src/engine/directory/source-file.ts'
import type { SourceInput } from '../../src/engine/receive/use-cases.ts'
import { openOffice, refusal } from './support/office.ts'

const ENVIRONMENT = { STRIPE_SECRET: 'whsec_from_the_environment\n', EMPTY: '' }
const FILE = {
  sources: [
    { slug: 'stripe', provider: 'stripe', secrets: [{ env: 'STRIPE_SECRET' }], tolerance_s: 60 },
    {
      ...{ slug: 'acme', scheme: { header: 'X-Acme', signed: ['body'] }, secrets: ['plain'] },
      ...{ rate_limit: { limit: 5, window_s: 1 }, allowed_ips: ['10.0.0.0/8'], body_limit_bytes: 9 },
      ...{ verify_token: { env: 'STRIPE_SECRET' }, https_only: true, test_events: 'skip' },
    },
  ],
}

const parse = (file: object) => parseSourcesFile(JSON.stringify(file), ENVIRONMENT)

test('a file in the spelling of the API, with secrets from the environment', () => {
  assert.deepEqual(parse(FILE), [
    { slug: 'stripe', provider: 'stripe', secrets: ['whsec_from_the_environment'], toleranceS: 60 },
    {
      ...{ slug: 'acme', scheme: { header: 'X-Acme', signed: ['body'] }, secrets: ['plain'] },
      ...{ rateLimit: { limit: 5, windowS: 1 }, allowedIps: ['10.0.0.0/8'], bodyLimitBytes: 9 },
      ...{ verifyToken: 'whsec_from_the_environment', httpsOnly: true, testEvents: 'skip' },
    },
  ])
  assert.deepEqual(parseSourcesFile('\uFEFF{"sources":[]}', {}), [])
})

test('what does not fit a file is named by its place', () => {
  const entry = { slug: 'a', provider: 'stripe' }
  const rows: ReadonlyArray<readonly [object, string[]]> = [
    [[], ['/sources']],
    [{ sources: {}, source: 1 }, ['/source', '/sources']],
    [
      { sources: [7, { ...entry, toleranceS: 1, __proto__x: 2 }] },
      ['/sources/0', '/sources/1/toleranceS', '/sources/1/__proto__x'],
    ],
    [
      { sources: [{ ...entry, secrets: ['a', { env: 'NONE' }, { env: 'EMPTY' }] }] },
      ['/sources/0/secrets/1/env', '/sources/0/secrets/2/env'],
    ],
    [
      { sources: [{ ...entry, secrets: [{ env: 7 }, { env: 'EMPTY', more: 1 }, {}] }] },
      ['/sources/0/secrets/0', '/sources/0/secrets/1', '/sources/0/secrets/2'],
    ],
    [{ sources: [{ ...entry, verify_token: { env: 'toString' } }] }, ['/sources/0/verify_token/env']],
  ]
  for (const [file, paths] of rows) assert.throws(() => parse(file), refusal('config_invalid', paths))
  assert.throws(
    () => parseSourcesFile('{"secrets": ["shh"', {}),
    (error: Error) => {
      assert.match(error.message, /not valid JSON/)
      return !error.message.includes('shh')
    },
  )
})

test('whatever a file holds, it is read or refused in our own words', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => `{"sources":[${json}]}`),
      ),
      (text) => {
        try {
          parseSourcesFile(text, ENVIRONMENT)
        } catch (error) {
          assert.ok(isPosthornError(error) && error.code === 'config_invalid', String(error))
        }
      },
    ),
  )
})

test('declared sources are made, then left alone while nothing changes', async () => {
  await using office = await openOffice()
  const { sources, tenant, clock, store } = office
  const declare = (list: readonly SourceInput[]) => sources.declare(tenant.id, list)
  const changes = async (list: readonly SourceInput[]) => (await declare(list)).map(({ change }) => change)
  const [stripe, acme] = parse(FILE) as [SourceInput, SourceInput]
  const made = await declare([stripe, acme])
  assert.deepEqual(
    made.map(({ source, change }) => [source.slug, change]),
    [
      ['stripe', 'created'],
      ['acme', 'created'],
    ],
  )
  await clock.advance(5000)
  assert.deepEqual(await changes([acme, stripe]), ['unchanged', 'unchanged'])
  assert.equal((await store.sources.getByName(tenant.id, 'stripe'))?.version, 1)
  assert.deepEqual(await changes([stripe, { ...acme, httpsOnly: false }]), ['unchanged', 'updated'])
  assert.deepEqual(await changes([{ ...stripe, secrets: ['another'] }]), ['updated'])
  assert.equal((await sources.list(tenant.id, { limit: 50, cursor: null })).items.length, 2)
})

test('a field that left the file has its default again; what people switch stays switched', async () => {
  await using office = await openOffice()
  const { sources, tenant, secretBox } = office
  const [stripe] = parse(FILE) as [SourceInput]
  await sources.declare(tenant.id, [{ ...stripe, description: 'old', verifyToken: 'token' }])
  await sources.update(tenant.id, 'stripe', { active: false })
  await sources.letThrough(tenant.id, 'stripe', { eventId: null, forS: 60 })
  const { secrets: _, toleranceS: __, ...less } = stripe
  const [declared] = await sources.declare(tenant.id, [less])
  assert.equal(declared?.change, 'updated')
  const { description, toleranceS, active, secrets, handshake, letThrough } = declared.source
  assert.deepEqual([description, toleranceS, active], ['', null, false])
  assert.deepEqual(
    secrets.map(({ sealed }) => secretBox.open(sealed)),
    ['whsec_from_the_environment'],
  )
  assert.equal(secretBox.open(handshake.verifyToken ?? ''), 'token')
  assert.equal(letThrough.length, 1)
})

test('with one flaw anywhere nothing is written, and all flaws are told', async () => {
  await using office = await openOffice()
  const { sources, tenant } = office
  const stripe: SourceInput = { slug: 'stripe', provider: 'stripe', secrets: ['s'] }
  await assert.rejects(
    sources.declare(tenant.id, [
      stripe,
      { slug: 'b', provider: 'strpie', secrets: ['s'] },
      { slug: 'c', provider: 'stripe', secrets: [''] },
      stripe,
      { ...stripe, slug: 'D', toleranceS: -1 },
      null as unknown as SourceInput,
    ]),
    refusal('invalid_request', [
      ...['/sources/1/provider', '/sources/2/secrets/0', '/sources/3/slug', '/sources/4/slug'],
      ...['/sources/4/tolerance_s', '/sources/5'],
    ]),
  )
  assert.deepEqual((await sources.list(tenant.id, { limit: 50, cursor: null })).items, [])
})

test('two processes that start at once with the same list end with one of each', async () => {
  await using office = await openOffice()
  const { sources, tenant } = office
  const list = parse(FILE)
  const both = await Promise.all([sources.declare(tenant.id, list), sources.declare(tenant.id, list)])
  const changes = both.flat().map(({ change }) => change)
  assert.equal(changes.filter((change) => change === 'created').length, 2)
  assert.equal((await sources.list(tenant.id, { limit: 50, cursor: null })).items.length, 2)
})
