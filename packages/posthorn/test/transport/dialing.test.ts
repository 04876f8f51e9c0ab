import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { wakefulClock } from '../../src/system/clock.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { startTarget, type Target } from '../../src/testing/target.ts'
import { AddressGuard } from '../../src/transport/http/address-guard.ts'
import { Dialer } from '../../src/transport/http/dialer.ts'
import { createHttpTransport, type HttpTransportOptions } from '../../src/transport/http/index.ts'
import { LanePool } from '../../src/transport/http/lane-pool.ts'
import { requestTo, short, transportFor } from './harness.ts'

/** A resolver that gives each name its answers in turn, the last one for good, and counts. */
function resolver(answers: Record<string, string[][]>) {
  const asked: string[] = []
  const resolve = async (host: string) => {
    asked.push(host)
    const queue = answers[host]
    if (!queue)
      throw Object.assign(new Error('queryA ENOTFOUND secret-resolver.internal'), { code: 'ENOTFOUND' })
    const next = queue.length > 1 ? queue.shift()! : queue[0]!
    return next.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
  return { asked, resolve }
}

async function target(t: TestContext): Promise<Target> {
  const started = await startTarget()
  t.after(() => started.close())
  return started
}

/** 127.0.0.1 stands for a public address: nothing else of loopback is open. */
function guarded(t: TestContext, options: Partial<HttpTransportOptions> = {}) {
  return transportFor(t, { allowNetworks: ['127.0.0.1/32'], ...options })
}

describe('dialing', () => {
  it('resolves once for a connection, and keeps the name as host', async (t) => {
    const receiver = await target(t)
    const { asked, resolve } = resolver({ 'receiver.example': [['127.0.0.1']] })
    const transport = guarded(t, { resolve })
    for (let i = 0; i < 3; i += 1) {
      assert.equal(short(await transport.send(requestTo(receiver.urlFor('receiver.example')))), '200 ')
    }
    assert.deepEqual(asked, ['receiver.example'])
    assert.equal(receiver.connections, 1)
    assert.equal((await receiver.next()).header('host'), `receiver.example:${receiver.port}`)
  })

  it('judges again at each connection: rebinding is refused', async (t) => {
    const receiver = await target(t)
    receiver.answer({ headers: { connection: 'close' } })
    const { asked, resolve } = resolver({ 'rebind.example': [['127.0.0.1'], ['127.0.0.2']] })
    const transport = guarded(t, { resolve })
    const url = receiver.urlFor('rebind.example')
    assert.equal(short(await transport.send(requestTo(url))), '200 ')
    const second = await transport.send(requestTo(url))
    assert.equal(short(second), 'address_refused')
    assert.match(
      second.kind === 'error' ? second.detail : '',
      /rebind\.example resolves to an address in 127\.0\.0\.0\/8/,
    )
    assert.doesNotMatch(second.kind === 'error' ? second.detail : '', /127\.0\.0\.2/)
    assert.equal(asked.length, 2)
    assert.equal(receiver.requests.length, 1)
  })

  it('refuses mixed answers, in each order and spelling', async (t) => {
    const receiver = await target(t)
    const bad = [
      '127.0.0.2',
      '10.0.0.1',
      '::1',
      '::ffff:10.0.0.1',
      '64:ff9b::a00:1',
      '169.254.169.254',
      'fe80::1%eth0',
      'nonsense',
      '',
    ]
    for (const address of bad) {
      for (const answer of [
        ['127.0.0.1', address],
        [address, '127.0.0.1'],
      ]) {
        const transport = guarded(t, { resolve: resolver({ 'mixed.example': [answer] }).resolve })
        assert.equal(
          short(await transport.send(requestTo(receiver.urlFor('mixed.example')))),
          'address_refused',
          address,
        )
      }
    }
    assert.equal(receiver.connections, 0)
  })

  it('refuses names that spell a private address', async (t) => {
    const transport = guarded(t, {
      resolve: resolver({ '127.0.0.2.nip.io': [['127.0.0.2']], '10-0-0-1.sslip.io': [['10.0.0.1']] }).resolve,
    })
    assert.equal(short(await transport.send(requestTo('https://127.0.0.2.nip.io/'))), 'address_refused')
    assert.equal(short(await transport.send(requestTo('https://10-0-0-1.sslip.io/'))), 'address_refused')
  })

  it('refuses literal addresses and bad URLs before anything is asked', async (t) => {
    const { asked, resolve } = resolver({})
    const transport = guarded(t, { resolve })
    for (const url of [
      'http://127.0.0.2/',
      'http://[::1]/',
      'http://0x7f.1/',
      'http://a b/',
      'ftp://a/',
      '',
    ]) {
      assert.notEqual(transport.refuseUrl(url), null)
      assert.equal(short(await transport.send(requestTo(url))), 'url_refused', url)
    }
    assert.equal(transport.refuseUrl('http://receiver.example/'), null)
    assert.deepEqual(asked, [])
  })

  it('says dns_failed, without what the resolver said', async (t) => {
    const { resolve } = resolver({ 'empty.example': [[]] })
    const transport = guarded(t, { resolve })
    const unknown = await transport.send(requestTo('https://unknown.example/'))
    assert.equal(short(unknown), 'dns_failed')
    assert.match(
      unknown.kind === 'error' ? unknown.detail : '',
      /^unknown\.example is not known .* \(ENOTFOUND\)\.$/,
    )
    assert.equal(short(await transport.send(requestTo('https://empty.example/'))), 'dns_failed')
    const broken = guarded(t, {
      resolve: () => {
        throw new Error('sync')
      },
    })
    assert.equal(short(await broken.send(requestTo('https://a.example/'))), 'dns_failed')
  })

  it('resolves localhost by itself, to what is open of loopback', async (t) => {
    const receiver = await target(t)
    const { asked, resolve } = resolver({})
    const transport = guarded(t, { resolve })
    assert.equal(short(await transport.send(requestTo(receiver.urlFor('localhost')))), '200 ')
    assert.equal(short(await transport.send(requestTo(receiver.urlFor('a.localhost')))), '200 ')
    assert.deepEqual(asked, [])
    const closed = guarded(t, { allowNetworks: [] })
    assert.equal(short(await closed.send(requestTo(receiver.urlFor('localhost')))), 'url_refused')
  })

  it('tries the next of several good addresses', async (t) => {
    const receiver = await target(t)
    const { resolve } = resolver({ 'two.example': [['127.0.0.9', '127.0.0.1']] })
    const transport = guarded(t, { allowNetworks: ['127.0.0.0/8'], resolve })
    assert.equal(short(await transport.send(requestTo(receiver.urlFor('two.example')))), '200 ')
  })

  it('says connect_failed where nothing listens', async (t) => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const result = await guarded(t).send(requestTo(`http://127.0.0.1:${port}/`))
    assert.equal(short(result), 'connect_failed')
    assert.match(result.kind === 'error' ? result.detail : '', /nothing listens there \(ECONNREFUSED\)/)
  })

  it('does not call its own ports, even where loopback is open', async (t) => {
    const receiver = await target(t)
    const { resolve } = resolver({ 'me.example': [['127.0.0.1']] })
    const ports: number[] = []
    const transport = guarded(t, { resolve, refuseOwnPorts: () => ports })
    assert.equal(short(await transport.send(requestTo(receiver.url))), '200 ')
    ports.push(receiver.port)
    for (const url of [receiver.url, receiver.urlFor('localhost'), receiver.urlFor('me.example')]) {
      assert.equal(short(await transport.send(requestTo(url, { isolation: 'other' }))), 'address_refused')
    }
    assert.equal(receiver.requests.length, 1)
  })

  it('takes no proxy from the environment', async (t) => {
    const receiver = await target(t)
    const names = ['http_proxy', 'HTTP_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']
    const before = names.map((name) => [name, process.env[name]] as const)
    t.after(() => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    })
    for (const name of names) process.env[name] = 'http://127.0.0.1:1'
    assert.equal(short(await guarded(t).send(requestTo(receiver.url))), '200 ')
  })

  it('refuses a network that cannot be read when it is made', () => {
    assert.throws(
      () => createHttpTransport({ allowHttp: false, allowNetworks: ['10.0.0.0/99'], clock: wakefulClock }),
      /"10\.0\.0\.0\/99" is not a network/,
    )
  })

  it('leaves no lane behind', async (t) => {
    const receiver = await target(t)
    receiver.answer({ headers: { connection: 'close' } })
    const guard = new AddressGuard(['127.0.0.0/8'], () => [])
    const { resolve } = resolver({})
    const pool = new LanePool({
      dialer: new Dialer({ guard, resolve, ca: undefined, ownPorts: () => [] }),
      clock: wakefulClock,
      connectionsPerOrigin: 1,
      keepAliveMs: 1000,
    })
    const { Attempt } = await import('../../src/transport/http/attempt.ts')
    const { AbortWatch } = await import('../../src/transport/http/abort-watch.ts')
    const { checkUrl } = await import('../../src/transport/http/url-rules.ts')
    const shared = { clock: wakefulClock, watch: new AbortWatch() }
    const send = (url: string, isolation: string) =>
      new Promise((resolve) => {
        const found = checkUrl(url, { allowHttp: true, guard })
        assert.ok(typeof found !== 'string')
        const lane = pool.laneOf(isolation, found)
        lane.take(new Attempt(requestTo(url), found, lane, shared, resolve))
      })
    await Promise.all(Array.from({ length: 100 }, (_, i) => send(receiver.url, `tenant ${i}`)))
    await Promise.all(Array.from({ length: 100 }, (_, i) => send(`http://host-${i}.example/`, 'tenant')))
    await receiver.waitForOpen(0)
    // The target saw the last connection go; this side learns of it in one of the next turns.
    await new FakeClock().settle()
    assert.equal(pool.size, 0)
  })
})
