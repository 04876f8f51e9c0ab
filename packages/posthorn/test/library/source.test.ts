/** How an application declares a source, and what reaches it through an adapter. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripe } from '@posthorn/receiver'
import { PROVIDERS } from '@posthorn/receiver/providers'
import { post } from '../../../receiver/test/adapters/client.ts'
import { HARNESSES } from '../../../receiver/test/adapters/servers.ts'
import type { LibraryOptions } from '../../src/library/posthorn.ts'
import type { SourceOptions } from '../../src/library/source-options.ts'
import { openShop, SECRET, STRIPE, webhook } from './support/shop.ts'

test('a provider is given by its name, as a preset, or as a scheme; all three take the same request', async () => {
  await using shop = await openShop()
  const given: Record<string, SourceOptions> = {
    name: { provider: 'stripe', secrets: [SECRET] },
    preset: { provider: PROVIDERS.stripe, secrets: [SECRET] },
    scheme: { scheme: stripe(), secrets: [SECRET], toleranceS: undefined },
  }
  for (const [name, options] of Object.entries(given)) {
    const inbox = shop.posthorn.source(name, options)
    assert.equal((await inbox.receive(await webhook(shop.clock))).status, 200, name)
    assert.equal((await shop.stored('evt_1', name)).type, 'invoice.paid')
  }
})

const WRONG: ReadonlyArray<[what: string, options: object, text: RegExp]> = [
  ['neither provider nor scheme', { secrets: [SECRET] }, /either provider .* or scheme/],
  ['both', { ...STRIPE, provider: 'stripe' }, /either provider .* or scheme/],
  [
    'a provider that is unknown',
    { provider: 'strip', secrets: [SECRET] },
    /no preset "strip"; known are .*stripe/,
  ],
  ['an unknown option', { ...STRIPE, maxBodySize: 1 }, /maxBodySize is not an option/],
  ['a body limit beyond what is taken', { ...STRIPE, maxBodyBytes: 30_000_000 }, /maxBodyBytes must be/],
  ['a body limit of nothing', { ...STRIPE, maxBodyBytes: 0 }, /maxBodyBytes must be/],
  ['a time of no number', { ...STRIPE, dedupeS: Number.NaN }, /dedupeS must be/],
  ['a network that is none', { ...STRIPE, allowedIps: ['10.0.0.0/40'] }, /10\.0\.0\.0\/40.* is no address/],
]

for (const [what, options, text] of WRONG)
  test(`a source with ${what} is refused`, async () => {
    await using shop = await openShop()
    assert.throws(() => shop.posthorn.source('one', options as SourceOptions), {
      ...{ code: 'config_invalid', message: text },
    })
  })

test('networks of trusted proxies must be networks', async () => {
  await assert.rejects(openShop({ trustedProxies: ['everybody'] } as LibraryOptions), {
    ...{ code: 'config_invalid', message: /trustedProxies: "everybody" is no address or network/ },
  })
})

for (const harness of HARNESSES) {
  const knowsSender = harness.name !== 'web'
  test(`${harness.name}: senders are judged before the body is read, by the word of trusted proxies alone`, async () => {
    await using shop = await openShop({ trustedProxies: ['127.0.0.0/8', '::1'] })
    const inbox = shop.posthorn.source('stripe', {
      ...STRIPE,
      allowedIps: ['203.0.113.0/24'],
      httpsOnly: true,
    })
    const server = await harness.start(inbox, 'none')
    try {
      const { headers, body } = await webhook(shop.clock)
      const named = Object.fromEntries(headers as Array<[string, string]>)
      const from = (address: string, proto: string) =>
        post(server.url, { ...named, 'x-forwarded-for': address, 'x-forwarded-proto': proto }, body)
      const statuses = [
        (await from('203.0.113.7', 'https')).status,
        (await from('203.0.113.7, 192.0.2.1', 'https')).status,
        (await from('203.0.113.7', 'http')).status,
        (await post(server.url, named, body)).status,
      ]
      assert.deepEqual(statuses, knowsSender ? [200, 403, 403, 403] : [403, 403, 403, 403])
      const reasons = shop.recorder.all('inbound.refused').map(({ reason }) => reason)
      const nobody = Array(4).fill('address_refused')
      assert.deepEqual(
        reasons,
        knowsSender ? ['address_refused', 'https_required', 'address_refused'] : nobody,
      )
    } finally {
      await server.close()
    }
  })

  test(`${harness.name}: a provider's question by GET reaches the source; a body over the limit is told`, async () => {
    await using shop = await openShop()
    const inbox = shop.posthorn.source('dropbox', {
      provider: 'dropbox',
      secrets: [SECRET],
      maxBodyBytes: 10,
    })
    const server = await harness.start(inbox, 'none')
    try {
      const asked = await fetch(`${server.url}?challenge=abc`)
      assert.deepEqual([asked.status, await asked.text()], [200, 'abc'])
      assert.equal((await post(server.url, {}, Buffer.alloc(11))).status, 413)
      const { reason } = await shop.recorder.next('inbound.refused')
      assert.equal(reason, 'body_too_large')
      assert.equal((await fetch(server.url, { method: 'PUT', body: 'x' })).status, 405)
    } finally {
      await server.close()
    }
  })
}
