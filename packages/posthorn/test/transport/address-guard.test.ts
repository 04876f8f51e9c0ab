import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isPosthornError } from '../../src/domain/error.ts'
import { mapped } from '../../src/transport/http/address.ts'
import { AddressGuard } from '../../src/transport/http/address-guard.ts'

const closed = new AddressGuard([], () => [])

function open(...networks: string[]): AddressGuard {
  return new AddressGuard(networks, () => [])
}

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 })
/** An IPv4 address of the refused space, by the edges of its ranges. */
const refusedIpv4 = fc
  .tuple(
    fc.constantFrom(
      [0, 8],
      [10, 8],
      [127, 8],
      [(100 << 8) | 64, 10],
      [(169 << 8) | 254, 16],
      [(192 << 8) | 168, 16],
      [14, 4],
      [15, 4],
    ),
    ipv4,
  )
  .map(([[value, bits], tail]) => {
    const width = bits! <= 8 ? bits! : 16
    const prefix = (value! << (32 - width)) >>> 0
    const mask = (0xffffffff << (32 - bits!)) >>> 0
    const number = ((prefix & mask) | (Buffer.from(tail).readUInt32BE() & ~mask)) >>> 0
    return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number)
  })

function ipv6Of(bytes: ArrayLike<number>): Uint8Array {
  const all = new Uint8Array(16)
  all.set(Array.from(bytes))
  return all
}

function withTail(prefix: readonly number[], tail: Uint8Array): Uint8Array {
  const all = ipv6Of(prefix)
  all.set(tail, 16 - tail.length)
  return all
}

describe('the address guard', () => {
  it('lets public addresses pass', () => {
    for (const address of [
      '1.1.1.1',
      '93.184.216.34',
      '100.63.255.255',
      '100.128.0.1',
      '172.32.0.1',
      '192.0.1.1',
      '223.255.255.255',
      '2606:4700::1111',
      '2a00:1450:4001:80b::200e',
      '64:ff9b::101:101',
      '::ffff:1.1.1.1',
    ]) {
      assert.equal(closed.refuse(address), null, address)
    }
  })

  it('refuses special addresses and names the range', () => {
    const cases: Array<[string, RegExp]> = [
      ['0.0.0.0', /^0\.0\.0\.0\/8/],
      ['10.255.255.255', /^10\.0\.0\.0\/8 \(private use, RFC 1918\)/],
      ['100.64.0.1', /RFC 6598/],
      ['127.0.0.1', /loopback/],
      ['172.16.0.1', /RFC 1918/],
      ['172.31.255.255', /RFC 1918/],
      ['192.0.2.1', /documentation/],
      ['192.88.99.1', /6to4/],
      ['198.19.255.255', /benchmarking/],
      ['203.0.113.9', /documentation/],
      ['224.0.0.1', /multicast/],
      ['255.255.255.255', /reserved/],
      ['161.26.0.10', /IBM/],
      ['166.9.0.1', /IBM/],
      ['169.254.169.254', /metadata/],
      ['100.100.100.200', /Alibaba/],
      ['168.63.129.16', /Azure/],
      ['::', /unspecified/],
      ['::1', /loopback/],
      ['::2', /::\/8/],
      ['::7f00:1', /::\/8/],
      // ipaddr.js reads this one as ::ffff:1.1.1.1.
      ['::1.1.1.1', /::\/8/],
      ['::ffff:7f00:1', /127\.0\.0\.0\/8/],
      ['::ffff:127.0.0.1', /127\.0\.0\.0\/8/],
      ['64:ff9b::7f00:1', /127\.0\.0\.0\/8/],
      ['64:ff9b:1::7f00:1', /RFC 8215/],
      ['64:ff9c::1.1.1.1', /::\/8/],
      ['100::1', /discard/],
      ['100:0:0:1::', /RFC 9780/],
      ['2001::1', /Teredo/],
      ['2001:20::1', /2001::\/23/],
      ['2001:db8::1', /documentation/],
      ['2002:101:101::1', /6to4/],
      ['2606:4700::5efe:7f00:1', /ISATAP/],
      ['2606:4700::200:5efe:101:101', /ISATAP/],
      ['3fff::1', /documentation/],
      ['4000::1', /2000::\/3/],
      ['5f00::1', /segment/],
      ['fd00:ec2::254', /AWS/],
      ['fdaa::1', /unique local/],
      ['fe80::1', /link local/],
      ['febf::1', /link local/],
      ['fec0::1', /site local/],
      ['ff02::1', /multicast/],
    ]
    for (const [address, words] of cases)
      assert.match(closed.refuse(address)?.where ?? 'passed', words, address)
  })

  it('refuses what cannot be read as one address', () => {
    for (const text of [
      '',
      'x',
      '1.1.1',
      '1.1.1.1 ',
      '01.1.1.1',
      '0x1.1.1.1',
      '16843009',
      '1.1.1.1/32',
      'fe80::1%eth0',
      '2606:4700::1%1',
      '::ffff:0x7f.1',
      '2606::4700::1',
      '::ffff:01.1.1.1',
      '2606:4700::1.1.1.256',
    ]) {
      assert.match(closed.refuse(text)?.where ?? 'passed', /cannot be read/, text)
    }
  })

  it('refuses every carrier of a refused IPv4 address', () => {
    fc.assert(
      fc.property(refusedIpv4, ipv4, (address, other) => {
        const forms = {
          mapped: mapped(address),
          compatible: withTail([], address),
          siit: withTail([0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], address),
          nat64: withTail([0, 0x64, 0xff, 0x9b], address),
          localNat64: withTail([0, 0x64, 0xff, 0x9b, 0, 1], address),
          sixToFour: withTail([0x20, 0x02, ...address], other),
          teredo: withTail(
            [0x20, 0x01, 0, 0, ...other],
            address.map((byte) => byte ^ 0xff),
          ),
          isatap: withTail([0x26, 0x06, 0x47, 0, ...other, 0, 0, 0x5e, 0xfe], address),
        }
        for (const [form, bytes] of Object.entries(forms))
          assert.notEqual(closed.refuseBytes(bytes), null, form)
      }),
      { numRuns: 500 },
    )
  })

  it('lets NAT64 and the mapped form inherit the verdict of the carried address', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        const verdict = closed.refuse([...address].join('.')) === null
        assert.equal(closed.refuseBytes(mapped(address)) === null, verdict)
        assert.equal(closed.refuseBytes(withTail([0, 0x64, 0xff, 0x9b], address)) === null, verdict)
      }),
      { numRuns: 500 },
    )
  })

  it('lets no IPv6 address outside 2000::/3 pass but the mapped and NAT64 ones', () => {
    fc.assert(
      fc.property(ipv6, (address) => {
        if (address[0]! >> 5 === 1) return
        assert.notEqual(closed.refuseBytes(address), null)
      }),
      { numRuns: 500 },
    )
    fc.assert(
      fc.property(ipv6, (address) => {
        // All of ::/8, with 64:ff9b::/96 and ::ffff:0:0/96 far too small to be hit by chance.
        assert.notEqual(closed.refuseBytes(Uint8Array.from([0, ...address.subarray(1)])), null)
        assert.notEqual(closed.refuseBytes(Uint8Array.from([0x20, 0x02, ...address.subarray(2)])), null)
      }),
      { numRuns: 500 },
    )
  })

  it('opens what the operator allows, in each spelling, and nothing beside it', () => {
    const guard = open('10.0.0.0/8', 'fd12:3456::/32', '127.0.0.1')
    for (const address of [
      '10.1.2.3',
      '::ffff:10.1.2.3',
      '::ffff:a01:203',
      '64:ff9b::10.1.2.3',
      'fd12:3456::1',
      '127.0.0.1',
    ]) {
      assert.equal(guard.refuse(address), null, address)
    }
    for (const address of ['192.168.0.1', '127.0.0.2', 'fd12:3457::1', '::10.1.2.3', '2002:a01:203::1']) {
      assert.notEqual(guard.refuse(address), null, address)
    }
  })

  it('opens cloud metadata only to its exact address', () => {
    const wide = open('169.254.0.0/16', '0.0.0.0/0', '::/0', 'fd00:ec2::/32')
    for (const address of [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      '64:ff9b::169.254.169.254',
      '2002:a9fe:a9fe::1',
      'fd00:ec2::254',
      '168.63.129.16',
    ]) {
      assert.match(wide.refuse(address)?.where ?? 'passed', /metadata|Azure/, address)
    }
    assert.equal(wide.refuse('169.254.1.1'), null)
    assert.equal(open('169.254.169.254/32').refuse('169.254.169.254'), null)
  })

  it('does not read an IPv6 network as one of IPv4', () => {
    assert.notEqual(open('::/0').refuse('10.0.0.1'), null)
    assert.equal(open('::/0').refuse('fd00::1'), null)
    assert.equal(open('::ffff:10.0.0.0/104').refuse('10.0.0.1'), null)
  })

  it('refuses the addresses of this machine unless allowed', () => {
    const own = () => ['93.184.216.34', '2606:4700::1', 'fe80::1%eth0']
    const guard = new AddressGuard([], own)
    assert.match(guard.refuse('93.184.216.34')?.where ?? '', /this very machine/)
    assert.match(guard.refuse('::ffff:93.184.216.34')?.where ?? '', /this very machine/)
    assert.equal(guard.refuse('2606:4700::1')?.network, '2606:4700::1/128')
    assert.equal(guard.refuse('93.184.216.35'), null)
    assert.equal(new AddressGuard(['93.184.216.34/32'], own).refuse('93.184.216.34'), null)
  })

  it('refuses networks that cannot be meant', () => {
    for (const cidr of [
      '',
      '10.0.0.0/33',
      '10.0.0.1/8',
      '10/8',
      '10.0.0.0/08',
      '10.0.0.0/8/8',
      'fd00::/129',
      'fd00::1/64',
      '0x0a.0.0.0/8',
      'example.com',
      '10.0.0.0/-1',
      '10.0.0.0/',
    ]) {
      assert.throws(
        () => open(cidr),
        (error) => isPosthornError(error) && error.code === 'config_invalid',
        cidr,
      )
    }
  })
})
