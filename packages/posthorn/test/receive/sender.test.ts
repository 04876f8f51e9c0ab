import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AddressList } from '../../src/engine/receive/address-list.ts'
import { senderOf } from '../../src/engine/receive/sender.ts'
import type { RequestHead } from '../../src/engine/receive/way-in.ts'

const PROXIES = new AddressList(['10.0.0.0/8', '2001:db8:f::/48'])
const PROXY = { address: '10.0.0.1', encrypted: false }
const say = (headers: RequestHead['headers'], peer: Parameters<typeof senderOf>[0] = PROXY) => {
  const { address, secure } = senderOf(peer, headers, PROXIES)
  return [address, secure]
}

describe('who sent a request', () => {
  it('is the other end of the connection, whatever it says, unless that is a declared proxy', () => {
    const lies = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', forwarded: 'for=192.0.2.1' }
    assert.deepEqual(say(lies, { address: '203.0.113.7', encrypted: false }), ['203.0.113.7', false])
    assert.deepEqual(say(lies, { address: '::ffff:203.0.113.7', encrypted: true }), ['203.0.113.7', true])
    assert.deepEqual(say(lies, { address: null, encrypted: null }), [null, null])
    assert.deepEqual(say(lies, { address: undefined, encrypted: true }), [null, true])
    assert.deepEqual(say(lies, { address: '/run/x.sock', encrypted: false }), [null, false])
  })

  it('is the rightmost address that is no proxy of ours: what stands before it may be invented', () => {
    const rows: Array<[string, string | null]> = [
      ['203.0.113.7', '203.0.113.7'],
      ['192.0.2.1, 203.0.113.7', '203.0.113.7'],
      ['192.0.2.1,203.0.113.7, 10.9.9.9 ,2001:db8:f::2', '203.0.113.7'],
      ['10.0.0.5, 203.0.113.7', '203.0.113.7'],
      ['10.0.0.5, 10.0.0.6', '10.0.0.5'],
      ['203.0.113.7:4711', '203.0.113.7'],
      ['[2001:db8::7]:4711', '2001:db8::7'],
      ['2001:db8::7', '2001:db8::7'],
      ['::ffff:203.0.113.7', '203.0.113.7'],
      ['192.0.2.1, unknown', null],
      ['192.0.2.1, ', null],
      ['192.0.2.1, <script>', null],
      ['192.0.2.1, 10.0.0.1evil', null],
    ]
    for (const [value, address] of rows)
      assert.deepEqual(say({ 'X-Forwarded-For': value }), [address, false], value)
  })

  it('takes several headers as one list, as RFC 9110 has it', () => {
    const headers: Array<[string, string]> = [
      ['x-forwarded-for', '192.0.2.1'],
      ['X-Forwarded-For', '203.0.113.7'],
    ]
    assert.deepEqual(say(headers), ['203.0.113.7', false])
    assert.deepEqual(say(new Headers(headers)), ['203.0.113.7', false])
    assert.deepEqual(say({ 'x-forwarded-for': ['192.0.2.1', '203.0.113.7'] }), ['203.0.113.7', false])
  })

  it('came over TLS if the proxy says so, of the very step at which the sender came', () => {
    const both = (addresses: string, protocols: string) =>
      say({ 'x-forwarded-for': addresses, 'x-forwarded-proto': protocols })[1]
    assert.equal(both('203.0.113.7', 'https'), true)
    assert.equal(both('203.0.113.7', 'http'), false)
    assert.equal(both('203.0.113.7', 'HTTPS'), true)
    assert.equal(both('203.0.113.7', 'gopher'), false)
    assert.equal(both('203.0.113.7, 10.0.0.2', 'https, http'), true)
    assert.equal(
      both('192.0.2.1, 203.0.113.7', 'https, http'),
      false,
      'the first is the sender’s own invention',
    )
    assert.equal(both('192.0.2.1, 203.0.113.7', 'https'), true, 'the proxy has written it anew')
    assert.deepEqual(say({ 'x-forwarded-proto': 'https' }), ['10.0.0.1', true])
    assert.deepEqual(say({}), ['10.0.0.1', false])
  })

  it('understands Forwarded of RFC 7239', () => {
    const rows: Array<[string, string | null, boolean | null]> = [
      ['for=203.0.113.7;proto=https;by=10.0.0.1', '203.0.113.7', true],
      ['For="[2001:db8::7]:4711";Proto=http', '2001:db8::7', false],
      ['for=192.0.2.1;proto=https, for=203.0.113.7;proto=http', '203.0.113.7', false],
      ['for=203.0.113.7, for=10.0.0.9', '203.0.113.7', false],
      ['for=_hidden', null, false],
      ['for=unknown', null, false],
      ['proto=https', null, true],
    ]
    for (const [value, address, secure] of rows)
      assert.deepEqual(say({ forwarded: value }), [address, secure], value)
  })

  it('is not known where the two kinds disagree: one of them is invented', () => {
    const both = (forwarded: string) => say({ 'x-forwarded-for': '203.0.113.7', forwarded })
    assert.deepEqual(both('for=203.0.113.7;proto=https'), ['203.0.113.7', true])
    assert.deepEqual(both('for=192.0.2.1'), [null, null])
    assert.deepEqual(
      say({
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-proto': 'http',
        forwarded: 'for=203.0.113.7;proto=https',
      }),
      [null, null],
    )
  })

  it('can never be chosen by a sender behind a proxy that adds what it sees', () => {
    const invented = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom('unknown', '', '10.0.0.1', '"', ';', 'for=1.2.3.4'),
    )
    fc.assert(
      fc.property(fc.array(invented, { maxLength: 5 }), fc.string(), (before, odd) => {
        const list = [...before, odd.replaceAll(/[^\x20-\x7e]/g, ''), '203.0.113.7'].join(', ')
        assert.equal(say({ 'x-forwarded-for': list })[0], '203.0.113.7')
      }),
    )
  })

  it('never throws, whatever the headers are', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        const [address] = say({ 'x-forwarded-for': a, 'x-forwarded-proto': b, forwarded: c })
        assert.ok(address === null || typeof address === 'string')
      }),
    )
  })
})
