import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LIMITS } from '../../src/domain/limits.ts'
import { AddressGuard } from '../../src/transport/http/address-guard.ts'
import { checkUrl } from '../../src/transport/http/url-rules.ts'

const strict = { allowHttp: false, guard: new AddressGuard([], () => []) }
const loose = { allowHttp: true, guard: new AddressGuard(['127.0.0.0/8'], () => []) }

function refusal(url: string, rules = strict): string {
  const checked = checkUrl(url, rules)
  return typeof checked === 'string' ? checked : 'passed'
}

describe('the URL rules', () => {
  it('accept plain https URLs and say what goes on the wire', () => {
    assert.deepEqual(checkUrl('https://Example.com', strict), {
      secure: true,
      origin: 'https://example.com',
      host: 'example.com',
      port: 443,
      path: '/',
    })
    assert.deepEqual(checkUrl('https://a_b.example.com:8443/hook/x?y=1&z={id}', strict), {
      secure: true,
      origin: 'https://a_b.example.com:8443',
      host: 'a_b.example.com',
      port: 8443,
      path: '/hook/x?y=1&z={id}',
    })
    assert.deepEqual(checkUrl('https://[2606:4700::1111]:443/', strict), {
      secure: true,
      origin: 'https://[2606:4700::1111]',
      host: '2606:4700::1111',
      port: 443,
      path: '/',
    })
    for (const url of [
      'https://xn--bcher-kva.example/',
      'https://93.184.216.34/',
      'https://example.com?x',
      `https://${'a'.repeat(63)}.example/`,
    ]) {
      assert.notEqual(typeof checkUrl(url, strict), 'string', url)
    }
  })

  it('refuse every spelling of a private address', () => {
    const hosts = [
      '127.0.0.1',
      '10.0.0.1',
      '[::1]',
      '[::]',
      '0.0.0.0',
      '169.254.169.254',
      '168.63.129.16',
      '0x7f.1',
      '127.1',
      '2130706433',
      '0177.0.0.1',
      '0x7f000001',
      '017700000001',
      '127.0.0.1.',
      '127.0.0.1..',
      '0x',
      '127.0.0.0x',
      '127.0.0.0x1',
      '[::ffff:7f00:1]',
      '[::ffff:127.0.0.1]',
      '[::7f00:1]',
      '[0:0:0:0:0:0:0:1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '[fe80::1%25eth0]',
      '[fd00:ec2::254]',
      '[::ffff:a9fe:a9fe]',
      '１２７.０.０.１',
      '127。0。0。1',
      '%31%32%37.0.0.1',
      'localhost',
      'LOCALHOST',
      'localhost.',
      'a.localhost',
      'metadata.google.internal',
      'printer.local',
      'router.home.arpa',
    ]
    for (const host of hosts) {
      for (const port of ['', ':8443'])
        assert.notEqual(refusal(`https://${host}${port}/hook`), 'passed', host + port)
    }
  })

  it('refuse what WHATWG would repair, each for its reason', () => {
    const cases: Array<[string, RegExp]> = [
      ['', /absolute/],
      ['example.com', /absolute/],
      ['/hook', /absolute/],
      ['//example.com/', /absolute/],
      ['https:example.com', /absolute/],
      ['https:/example.com', /absolute/],
      ['https:///example.com', /absolute/],
      [' https://example.com/', /space/],
      ['https://example.com/\n', /line break/],
      ['https://exam\tple.com/', /tab/],
      ['https://example.com/\r\nhost: x', /line break/],
      ['https://example.com/\0', /control/],
      ['https://example.com\\@127.0.0.1/', /backslash/],
      ['https://bücher.example/', /xn--/],
      ['https://example.com/\ud800', /ASCII/],
      ['https://user:pass@example.com/', /credentials/],
      ['https://@example.com/', /credentials/],
      ['https://example.com@127.0.0.1/', /credentials/],
      ['https://example.com/#x', /fragment/],
      ['http://example.com/', /--allow-http/],
      ['ftp://example.com/', /https/],
      ['javascript://example.com/', /https/],
      ['file://example.com/etc/passwd', /https/],
      ['https://example.com:0/', /port/],
      ['https://example.com:/', /port/],
      ['https://example.com:0443/', /port/],
      ['https://example.com:65536/', /port/],
      ['https://example.com:44 3/', /space/],
      ['https://:443/', /no host/],
      ['https://[::1/', /no host/],
      ['https://[]/', /cannot be parsed/],
      ['https://example.com./', /dot/],
      ['https://127.0.0.1../', /dot/],
      ['https://a..example.com/', /empty part/],
      ['https://.example.com/', /empty part/],
      [`https://${'a'.repeat(64)}.example/`, /63/],
      [`https://${'a.'.repeat(127)}example/`, /253/],
      ['https://-a.example/', /letters/],
      ['https://a*.example/', /letters/],
      ['https://exam%70le.com/', /letters/],
      ['https://0x7f.1/', /127\.0\.0\.1/],
      ['https://2130706433/', /127\.0\.0\.1/],
      ['https://[2606:4700:0::1111]/', /\[2606:4700::1111\]/],
      ['https://1.2.3.999/', /cannot be parsed/],
      ['https://example.com/a/../b', /"\/b"/],
      ['https://example.com/%2e/b', /"\/b"/],
      ['https://example.com/<x>', /%3Cx%3E/],
      ['https://secret.onion/', /onion/],
      [`https://example.com/${'a'.repeat(LIMITS.urlChars)}`, /2048/],
    ]
    for (const [url, words] of cases) assert.match(refusal(url), words, JSON.stringify(url))
  })

  it('say what the operator could do', () => {
    assert.match(refusal('https://10.0.0.1/'), /--allow-network 10\.0\.0\.0\/8/)
    assert.match(refusal('https://localhost/'), /--allow-network 127\.0\.0\.0\/8/)
    assert.match(refusal('https://db.internal/'), /--allow-network CIDR/)
    assert.doesNotMatch(refusal('https://[4000::1]/'), /--allow-network/)
  })

  it('open http and loopback for development', () => {
    for (const url of [
      'http://127.0.0.1:8080/',
      'http://localhost:3000/hook',
      'https://a.localhost/',
      'http://db.internal/',
    ]) {
      assert.equal(refusal(url, loose), 'passed', url)
    }
    assert.match(refusal('http://[::1]/', loose), /loopback/)
    assert.match(refusal('http://2130706433/', loose), /plain form/)
  })

  it('pass only what a second reading leaves as it is, and never throw', () => {
    const pieces = fc.constantFrom(
      'https://',
      'http://',
      'example.com',
      '127.1',
      '[::1]',
      '@',
      ':',
      '80',
      '/',
      '\\',
      '?',
      '#',
      '.',
      '%2e',
      '\t',
      'é',
      '0x7f',
      '..',
    )
    const texts = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.array(pieces, { maxLength: 8 }).map((all) => all.join('')),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const checked = checkUrl(text, strict)
        if (typeof checked === 'string') return
        const again = new URL(checked.origin + checked.path)
        assert.equal(again.hostname.replace(/^\[|\]$/g, ''), checked.host)
        assert.equal(again.pathname + again.search, checked.path)
        assert.equal(again.href.toLowerCase().startsWith('https://'), true)
      }),
      { numRuns: 200 },
    )
  })
})
