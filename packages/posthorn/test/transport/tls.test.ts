import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it, type TestContext } from 'node:test'
import { startTarget } from '../../src/testing/target.ts'
import type { HttpTransportOptions } from '../../src/transport/http/index.ts'
import { requestTo, short, transportFor } from './harness.ts'

const file = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url))
const CA = file('ca.pem')
const SIGNED = { key: file('receiver.key'), cert: file('receiver.pem') }
const SELF_SIGNED = { key: file('self-signed.key'), cert: file('self-signed.pem') }

async function secure(
  t: TestContext,
  tls: { key: Buffer; cert: Buffer },
  options: Partial<HttpTransportOptions>,
) {
  const target = await startTarget({ tls })
  t.after(() => target.close())
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  const transport = transportFor(t, { allowHttp: false, resolve, ...options })
  return { target, send: (host: string) => transport.send(requestTo(target.urlFor(host))) }
}

describe('TLS', () => {
  it('accepts a certificate of a trusted authority, and keeps the connection', async (t) => {
    const { target, send } = await secure(t, SIGNED, { ca: CA })
    for (let i = 0; i < 3; i += 1) assert.equal(short(await send('receiver.test')), '200 ')
    assert.equal(target.connections, 1)
    assert.deepEqual(
      target.requests.map(({ connection }) => connection),
      [0, 0, 0],
    )
  })

  it('refuses a certificate for another name, or for an address', async (t) => {
    const { target, send } = await secure(t, SIGNED, { ca: CA })
    for (const host of ['other.test', '127.0.0.1']) {
      const result = await send(host)
      assert.equal(short(result), 'tls_failed')
      assert.match(result.kind === 'error' ? result.detail : '', /for another name/)
    }
    assert.equal(target.requests.length, 0)
  })

  it('refuses what is self-signed or signed by a stranger', async (t) => {
    const own = await secure(t, SELF_SIGNED, {})
    const result = await own.send('receiver.test')
    assert.equal(short(result), 'tls_failed')
    assert.match(
      result.kind === 'error' ? result.detail : '',
      /receiver\.test: the certificate is self-signed/,
    )
    const stranger = await secure(t, SIGNED, {})
    assert.equal(short(await stranger.send('receiver.test')), 'tls_failed')
    assert.equal(own.target.requests.length + stranger.target.requests.length, 0)
  })

  it('is verified whatever the environment says', async (t) => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
    // Node warns of the variable, rightly; not here.
    const warners = process.listeners('warning')
    process.removeAllListeners('warning')
    t.after(() => {
      for (const warner of warners) process.on('warning', warner)
    })
    t.after(() => {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
    })
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    const { send } = await secure(t, SELF_SIGNED, {})
    assert.equal(short(await send('receiver.test')), 'tls_failed')
  })

  it('is not spoken by the other side', async (t) => {
    const plain = await startTarget()
    t.after(() => plain.close())
    const result = await transportFor(t).send(requestTo(`https://127.0.0.1:${plain.port}/`))
    assert.equal(short(result), 'tls_failed')
  })

  it('bounds what is read as in the clear', async (t) => {
    const { target, send } = await secure(t, SIGNED, { ca: CA })
    const { answers } = await import('../../src/testing/target-answers.ts')
    target.answerNext(answers.endlessChunkExtension(), answers.endless())
    assert.equal(short(await send('receiver.test')), '200 …')
    assert.match(short(await send('receiver.test')), /^200 x{16384}…$/)
    await target.waitForOpen(0)
  })
})
