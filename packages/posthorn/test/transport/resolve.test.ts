import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { describe, it, type TestContext } from 'node:test'
import { SystemResolver } from '../../src/transport/http/resolve.ts'

const A = 1
const AAAA = 28
const NXDOMAIN = 3

/** A name server on loopback that knows two names. */
async function nameServer(t: TestContext) {
  const asked: string[] = []
  const server = createSocket('udp4')
  server.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query)
    asked.push(`${name} ${type}`)
    const addresses = answersFor(name, type)
    const head = Buffer.from(query.subarray(0, end))
    head.writeUInt16BE(0x8180 | (addresses === null ? NXDOMAIN : 0), 2)
    head.writeUInt16BE(addresses?.length ?? 0, 6)
    head.writeUInt16BE(0, 8)
    head.writeUInt16BE(0, 10)
    const records = (addresses ?? []).map((bytes) => {
      const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length])
      return Buffer.concat([record, Uint8Array.from(bytes)])
    })
    server.send(Buffer.concat([head, ...records]), from.port, from.address)
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return { asked, resolver: new SystemResolver([`127.0.0.1:${server.address().port}`]) }
}

function answersFor(name: string, type: number): number[][] | null {
  if (name === 'both.example')
    return type === A
      ? [
          [1, 1, 1, 1],
          [1, 0, 0, 1],
        ]
      : [[0x26, 6, ...Array(13).fill(0), 1]]
  if (name === 'four.example') return type === A ? [[1, 1, 1, 1]] : []
  return null
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

describe('the system resolver', () => {
  it('gives all addresses of both families', async (t) => {
    const { asked, resolver } = await nameServer(t)
    assert.deepEqual(await resolver.resolve('both.example'), [
      { address: '1.1.1.1', family: 4 },
      { address: '1.0.0.1', family: 4 },
      { address: '2606::1', family: 6 },
    ])
    assert.deepEqual(asked.sort(), [`both.example ${A}`, `both.example ${AAAA}`])
  })

  it('is content with one family', async (t) => {
    const { resolver } = await nameServer(t)
    assert.deepEqual(await resolver.resolve('four.example'), [{ address: '1.1.1.1', family: 4 }])
  })

  it('asks the hosts file for what the name servers do not know, however many at once', async (t) => {
    const { resolver } = await nameServer(t)
    const found = await Promise.all(Array.from({ length: 10 }, () => resolver.resolve('localhost')))
    for (const addresses of found) assert.ok(addresses.some(({ address }) => address === '127.0.0.1'))
  })

  it('rejects for a name that is nowhere', async (t) => {
    const { resolver } = await nameServer(t)
    await assert.rejects(resolver.resolve('no-such-name.invalid'))
    await assert.rejects(resolver.resolve('no-such-name.invalid'), 'the failed look-up left its place')
  })
})
