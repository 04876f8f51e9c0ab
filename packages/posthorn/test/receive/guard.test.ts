import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { PROVIDERS } from '@posthorn/receiver/providers'
import fc from 'fast-check'
import { AddressList, networkFlaw, ownNetwork, parseAddress } from '../../src/engine/receive/address-list.ts'
import { RateGate } from '../../src/engine/receive/rate-gate.ts'
import { atDesk, post, requestIdOf, sampleOf } from './support/desk.ts'

describe('a list of addresses and networks', () => {
  const list = new AddressList(['10.0.0.0/8', '2001:db8::/32', '203.0.113.7', '::1', '::ffff:192.0.2.0/120'])
  const has = (text: string) => list.has(parseAddress(text))

  it('has what lies in it, in every spelling of an address', () => {
    for (const text of [
      ...['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3', '::ffff:a01:203', '0:0:0:0:0:ffff:10.1.2.3'],
      ...['2001:db8::', '2001:DB8:ffff::1', '2001:0db8:0000:0000:0000:0000:0000:0001', '203.0.113.7', '::1'],
      ...['192.0.2.9', '2001:db8::1%eth0'],
    ])
      assert.equal(has(text), true, text)
  })

  it('has nothing else, and no text that is no address', () => {
    for (const text of [
      ...['9.255.255.255', '11.0.0.0', '203.0.113.8', '2001:db9::', '::2', '::a00:1', '192.0.3.0'],
      ...[
        '',
        ' 10.0.0.1',
        '10.0.0.1 ',
        '010.0.0.1',
        '10.1',
        '0x0a.0.0.1',
        '10.0.0.1:80',
        '[::1]',
        'localhost',
      ],
    ])
      assert.equal(has(text), false, text)
    assert.equal(list.has(null), false)
  })

  it('is made of networks only', () => {
    for (const text of [
      '',
      'x',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '::/129',
      '10.0.0.0/08',
      '10.0.0.0/',
    ])
      assert.match(networkFlaw(text) ?? '', /no address or network/, text)
    assert.equal(networkFlaw(7), 'must be a text')
    for (const text of ['0.0.0.0/0', '::/0', '::1', 'fe80::/10']) assert.equal(networkFlaw(text), null)
    assert.throws(() => new AddressList(['10.0.0.0/33']), /10\.0\.0\.0\/33.* is no address or network/)
  })

  it('agrees with arithmetic on every IPv4 network', () => {
    const number = (address: number[]) => address.reduce((sum, byte) => sum * 256 + byte, 0)
    const address = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(address, address, fc.nat(32), fc.boolean(), (network, other, prefix, mapped) => {
        const size = 2 ** (32 - prefix)
        const inside = Math.floor(number(network) / size) === Math.floor(number(other) / size)
        const text = `${mapped ? '::ffff:' : ''}${other.join('.')}`
        assert.equal(new AddressList([`${network.join('.')}/${prefix}`]).has(parseAddress(text)), inside)
      }),
    )
  })

  it('finds the network of a customer: an IPv4 address, the /64 of an IPv6 address', () => {
    const own = (text: string) => ownNetwork(parseAddress(text) ?? { text: '', family: 'ipv4' })
    assert.equal(own('::ffff:192.0.2.1'), '192.0.2.1')
    assert.equal(own('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2')
    assert.equal(own('2001:db8::1'), '2001:db8:0:0')
    assert.equal(own('::1'), '0:0:0:0')
    assert.equal(own('2001:db8:1:2::'), own('2001:db8:1:2:ffff::1'))
  })
})

test('a gate lets through so many in any window, and remembers so many names', () => {
  const rate = { limit: 2, windowS: 1 }
  const gate = new RateGate(3)
  assert.deepEqual(
    [0, 0, 0, 999, 1_000].map((now) => gate.take('a', rate, now)),
    [true, true, false, false, true],
  )
  assert.ok(gate.waitMs('a', { ...rate, limit: 1 }, 1_000) > 0)
  for (const name of ['b', 'c', 'd']) assert.ok(gate.take(name, rate, 1_000))
  assert.equal(gate.waitMs('a', { ...rate, limit: 1 }, 1_000), 0, 'the longest unused was forgotten')
  assert.ok(gate.waitMs('d', { ...rate, limit: 1 }, 1_000) > 0)
})

const sample = sampleOf('github')
const from = (address: string | null, secure: boolean | null = true) => ({ address, secure })

test(
  'only listed addresses are let in; the body is not even looked at',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample, { allowedIps: ['10.0.0.0/8', '2001:db8::/32'] })
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8::9'])
      assert.equal((await inbox.receive(sample.request, from(address))).status, 200, address)
    const unread = {
      ...sample.request,
      get body(): Uint8Array {
        throw new Error('it was read')
      },
    }
    for (const address of ['11.1.2.3', '2001:db9::9', '', 'unknown', null]) {
      const answer = await inbox.receive(unread, from(address))
      assert.deepEqual([answer.status, answer.body], [403, '{"error":"forbidden"}'], String(address))
    }
    const refused = (await desk.kept('github')).filter(({ verdict }) => verdict === 'refused')
    assert.deepEqual(new Set(refused.map(({ reason }) => reason)), new Set(['address_refused']))
  }),
)

test(
  'a source may want TLS: what did not come over it, or is not known to have, is refused',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sample, { httpsOnly: true })
    const statuses: number[] = []
    for (const secure of [true, false, null])
      statuses.push((await inbox.receive(sample.request, from('10.0.0.1', secure))).status)
    assert.deepEqual(statuses, [200, 403, 403])
    assert.equal(desk.recorder.all('inbound.refused')[0]?.reason, 'https_required')
  }),
)

test(
  'too many from one address are answered 429 with the time to wait, and use up nothing of the source',
  atDesk(async (desk) => {
    const limits = { rateLimit: { limit: 5, windowS: 60 }, addressRateLimit: { limit: 2, windowS: 10 } }
    const inbox = await desk.sampled(sample, limits)
    const statuses = async (address: string | null, count: number) => {
      const all: number[] = []
      for (let sent = 0; sent < count; sent += 1)
        all.push((await inbox.receive(sample.request, from(address))).status)
      return all
    }
    assert.deepEqual(await statuses('2001:db8::1', 4), [200, 200, 429, 429])
    assert.deepEqual(await statuses('2001:db8::2', 1), [429], 'the same /64')
    const answer = await inbox.receive(sample.request, from('2001:db8::1'))
    assert.deepEqual(
      ['retry-after', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'].map(
        (name) => answer.headers?.[name],
      ),
      ['10', '2', '0', '10'],
    )
    assert.deepEqual(await statuses('10.0.0.1', 3), [200, 200, 429])
    assert.deepEqual(await statuses(null, 2), [200, 429], 'the fifth of the source, then the source is full')
    assert.equal((await inbox.receive(sample.request, from(null))).headers?.['ratelimit-limit'], '5')
    await desk.clock.advance(60_000)
    assert.deepEqual(await statuses('2001:db8::1', 3), [200, 200, 429])
  }),
)

test(
  'limits outlive an inbox that is made anew; those that were admitted are not counted twice',
  atDesk(async (desk) => {
    const limits = { rateLimit: { limit: 2, windowS: 60 } }
    const sender = from('10.0.0.1')
    const { request } = sample
    const before = await desk.sampled(sample, limits)
    assert.equal(before.admit(request, sender), null)
    assert.equal((await before.receive(request, sender, true)).status, 200)
    const after = await desk.sampled(sample, limits)
    assert.equal(after.admit(request, sender), null)
    assert.equal((await after.receive(request, sender, true)).status, 200)
    const turned = after.admit(request, sender)
    assert.equal(turned?.status, 429)
    assert.match(turned?.headers?.['posthorn-request'] ?? '', /^req_/)
  }),
)

test(
  'a body that is too large is answered 413 by whoever notices, before anything is verified',
  atDesk(async (desk) => {
    const inbox = desk.source('hub', {
      provider: PROVIDERS.github,
      secrets: ['s'.repeat(20)],
      bodyLimitBytes: 10,
    })
    assert.equal(inbox.maxBodyBytes, 10)
    const large = post({ body: Buffer.alloc(11) })
    for (const answer of [inbox.refuseBody(large, from(null)), await inbox.receive(large, from(null))]) {
      assert.deepEqual([answer.status, answer.body], [413, '{"error":"body_too_large"}'])
      assert.match(requestIdOf(answer) ?? '', /^req_/)
    }
    assert.equal((await inbox.receive(post({ body: Buffer.alloc(10) }), from(null))).status, 401)
    assert.deepEqual(
      desk.recorder.all('inbound.refused').map(({ reason }) => reason),
      ['body_too_large', 'body_too_large', 'signature_missing'],
    )
  }),
)

for (const [what, settings, expected] of [
  ['a network that is none', { allowedIps: ['10.0.0.0/99'] }, /The source hub: .*10\.0\.0\.0\/99/],
  ['no secret', { secrets: [] }, /The source hub: .*secret/],
  ['an empty secret', { secrets: [''] }, /The source hub: .*secret/],
  ['a setting that the provider does not have', { settings: { a: 'b' } }, /The source hub: .*no setting "a"/],
] as const)
  test(
    `a source with ${what} is refused when it is made`,
    atDesk(async (desk) => {
      const made = () =>
        desk.source('hub', { provider: PROVIDERS.github, secrets: ['s'.repeat(20)], ...settings })
      assert.throws(made, { code: 'config_invalid', message: expected })
    }),
  )
