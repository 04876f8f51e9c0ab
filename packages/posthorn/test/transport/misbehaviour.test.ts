import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { LIMITS } from '../../src/domain/limits.ts'
import { answers } from '../../src/testing/target-answers.ts'
import { pair, short } from './harness.ts'

describe('a target that misbehaves', () => {
  it('answers: status, retry-after and body come back; the request arrives as it was', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext({
      status: 503,
      headers: { 'retry-after': '120', 'set-cookie': ['a=1', 'b=2'] },
      body: 'busy',
    })
    const result = await send({
      headers: [
        ['content-type', 'text/plain'],
        ['x-a', 'b'],
      ],
      body: Uint8Array.of(0, 255, 1),
    })
    assert.ok(result.kind === 'response')
    const { headers, ...rest } = result
    const named = (name: string) => headers.filter(([one]) => one === name).map(([, one]) => one)
    assert.deepEqual(named('set-cookie'), ['a=1', 'b=2'])
    assert.deepEqual(named('retry-after'), ['120'])
    assert.deepEqual(rest, {
      kind: 'response',
      statusCode: 503,
      retryAfter: '120',
      body: Uint8Array.from(Buffer.from('busy')),
      truncated: false,
    })
    const request = await target.next()
    assert.equal(request.method, 'POST')
    assert.deepEqual(request.body, Uint8Array.of(0, 255, 1))
    assert.equal(request.header('host'), `127.0.0.1:${target.port}`)
    assert.equal(request.header('accept-encoding'), 'identity')
    assert.equal(request.header('content-length'), '3')
    assert.equal(request.header('x-a'), 'b')
  })

  it('redirects: not followed', async (t) => {
    const { target, send } = await pair(t)
    for (const status of [301, 302, 303, 307, 308]) {
      target.answerNext(answers.redirect(target.urlFor('127.0.0.1', '/other'), status))
      assert.equal(short(await send()), `${status} `)
    }
    assert.deepEqual(new Set(target.requests.map(({ path }) => path)), new Set(['/']))
  })

  it('sends a body without end: its status counts, and the socket is closed', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext(answers.endless())
    const result = await send()
    assert.equal(result.kind === 'response' && result.statusCode, 200)
    assert.equal(result.kind === 'response' && result.truncated, true)
    assert.equal(result.kind === 'response' && result.body.byteLength, LIMITS.responseKeptBytes)
    await target.waitForOpen(0)
  })

  it('sends a large body that ends: kept in part, the socket stays in use', async (t) => {
    const { target, send } = await pair(t)
    target.answer({ body: 'x'.repeat(LIMITS.responseReadBytes) })
    for (let i = 0; i < 3; i += 1) assert.match(short(await send()), /^200 x{16384}…$/)
    assert.equal(target.connections, 1)
  })

  it('hides behind a chunk extension without end: cut all the same', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext(answers.endlessChunkExtension())
    assert.equal(short(await send()), '200 …')
    await target.waitForOpen(0)
  })

  it('sends a gzip bomb: inflated as far as is kept', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext(answers.gzipBomb())
    const result = await send()
    assert.ok(result.kind === 'response')
    assert.equal(result.statusCode, 200)
    assert.equal(result.truncated, true)
    assert.deepEqual(result.body, new Uint8Array(LIMITS.responseKeptBytes))
  })

  it('compresses though identity was asked for: inflated', async (t) => {
    const { target, send } = await pair(t)
    const encodings = {
      gzip: gzipSync,
      'x-gzip': gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
      zstd: zstdCompressSync,
    }
    for (const [encoding, compress] of Object.entries(encodings)) {
      target.answerNext({
        headers: { 'content-encoding': encoding },
        body: compress(Buffer.from('plain words')),
      })
      assert.equal(short(await send()), '200 plain words', encoding)
    }
    assert.equal(target.connections, 1)
  })

  it('compresses twice, unknown, or wrongly: the raw bytes are kept and the status counts', async (t) => {
    const { target, send } = await pair(t)
    const twice = gzipSync(gzipSync('plain'))
    target.answerNext(
      { headers: { 'content-encoding': 'gzip, gzip' }, body: twice },
      { headers: { 'content-encoding': ['gzip', 'gzip'] }, body: twice },
      { headers: { 'content-encoding': 'rot13' }, body: 'cynva' },
      { headers: { 'content-encoding': 'gzip' }, body: 'no gzip' },
      { status: 204, headers: { 'content-encoding': 'gzip' } },
    )
    const raw = twice.toString('latin1')
    for (const wanted of [`200 ${raw}`, `200 ${raw}`, '200 cynva', '200 no gzip', '204 '])
      assert.equal(short(await send()), wanted)
  })

  it('ends a compressed answer early: what can be inflated is kept', async (t) => {
    const { target, send } = await pair(t)
    const whole = gzipSync(Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251)))
    target.answerNext({ headers: { 'content-encoding': 'gzip' }, body: whole.subarray(0, whole.length - 12) })
    const result = await send()
    assert.ok(result.kind === 'response' && result.statusCode === 200)
    assert.ok(result.body.byteLength > 100)
    assert.deepEqual([...result.body.subarray(0, 4)], [0, 1, 2, 3])
  })

  it('answers with a NUL byte: kept as it is', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext(answers.nulByte())
    assert.equal(short(await send()), '200 a\0b')
  })

  it('answers with what is no HTTP', async (t) => {
    const { target, send } = await pair(t)
    for (const raw of [
      '\x16\x03\x01 this is no HTTP\r\n\r\n',
      'HTTP/1.1 2x0 OK\r\n\r\n',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
      'HTTP/1.1 200 OK\r\nbad header\r\n\r\n',
      'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ]) {
      target.answerNext({ raw: [raw] })
      assert.equal(short(await send()), 'response_malformed', JSON.stringify(raw))
    }
  })

  it('floods with headers', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext(answers.headerFlood())
    assert.equal(short(await send()), 'response_too_large')
  })

  it('floods with interim answers; a few are passed over', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext(answers.interimFlood())
    assert.equal(short(await send()), 'response_malformed')
    target.answerNext({
      raw: [
        'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(3),
        'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
      ],
    })
    assert.equal(short(await send()), '200 ok')
  })

  it('closes at each phase', async (t) => {
    const { target, send } = await pair(t)
    for (const answer of [
      'closeBeforeAnswer',
      'resetBeforeAnswer',
      'closeInHeaders',
      'closeInBody',
      'resetInBody',
    ] as const) {
      target.answerNext(answers[answer]())
      const result = await send()
      assert.equal(short(result), 'connection_closed', answer)
      assert.match(
        result.kind === 'error' ? result.detail : '',
        answer.endsWith('Body') ? /in the middle/ : /before an answer/,
      )
    }
    assert.equal(target.requests.length, 5, 'nothing was sent twice')
  })

  it('names a header __proto__: no harm', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext({
      raw: ['HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\ncontent-length: 2\r\n\r\nok'],
    })
    assert.equal(short(await send()), '200 ok')
  })

  it('is not called with a request that cannot be written', async (t) => {
    const { target, send } = await pair(t)
    for (const header of [
      ['x-a', 'b\r\nc: d'],
      ['x a', 'b'],
      ['transfer-encoding', 'chunked'],
    ] as const) {
      assert.equal(short(await send({ headers: [header] })), 'url_refused')
    }
    assert.equal(
      short(
        await send({
          headers: [
            ['host', 'evil'],
            ['content-length', '1'],
            ['connection', 'close'],
          ],
        }),
      ),
      '200 ',
    )
    assert.equal((await target.next()).header('host'), `127.0.0.1:${target.port}`)
    assert.equal(target.requests.length, 1)
  })
})
