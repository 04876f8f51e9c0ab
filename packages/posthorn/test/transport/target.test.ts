import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { startTarget } from '../../src/testing/target.ts'

describe('the test target', () => {
  it('records what came, as it came', async (t) => {
    const target = await startTarget()
    t.after(() => target.close())
    const socket = connect(target.port, '127.0.0.1')
    socket.write('PUT /a?b=c HTTP/1.1\r\nHost: x\r\nX-Odd: One\r\nx-odd: two\r\nContent-Length: 3\r\n\r\n')
    socket.write(Uint8Array.of(0, 255, 10))
    const request = await target.next()
    assert.equal(request.method, 'PUT')
    assert.equal(request.path, '/a?b=c')
    assert.deepEqual(request.headers, [
      ['Host', 'x'],
      ['X-Odd', 'One'],
      ['x-odd', 'two'],
      ['Content-Length', '3'],
    ])
    assert.equal(request.header('X-ODD'), 'One')
    assert.deepEqual(request.body, Uint8Array.of(0, 255, 10))
    socket.destroy()
    await target.waitForOpen(0)
  })

  it('answers as it is told: the next ones first, then as usual', async (t) => {
    const target = await startTarget({ answer: { status: 418 } })
    t.after(() => target.close())
    target.answerNext({ status: 201, headers: { 'x-a': 'b' }, body: 'one' }, (request) => ({
      body: request.path,
    }))
    const first = await fetch(target.url)
    assert.deepEqual([first.status, first.headers.get('x-a'), await first.text()], [201, 'b', 'one'])
    assert.equal(await (await fetch(target.urlFor('127.0.0.1', '/path'))).text(), '/path')
    assert.equal((await fetch(target.url)).status, 418)
    target.answer({ status: 200 })
    assert.equal((await fetch(target.url)).status, 200)
  })

  it('lets a test wait: next in order, waitFor all', async (t) => {
    const target = await startTarget()
    t.after(() => target.close())
    const waits = [target.next(), target.next(), target.waitFor(2)] as const
    await fetch(target.urlFor('127.0.0.1', '/1'))
    await fetch(target.urlFor('127.0.0.1', '/2'))
    const [first, second, all] = await Promise.all(waits)
    assert.deepEqual([first.path, second.path, all.length], ['/1', '/2', 2])
  })

  it('cuts a connection when an answer throws, and goes on', async (t) => {
    const target = await startTarget()
    t.after(() => target.close())
    target.answerNext(() => {
      throw new Error('no answer')
    })
    await assert.rejects(fetch(target.url))
    assert.equal((await fetch(target.url)).status, 200)
  })

  it('closes with requests open', async () => {
    const target = await startTarget({ answer: { after: new Promise(() => {}) } })
    const hanging = assert.rejects(fetch(target.url))
    await target.next()
    await target.close()
    await hanging
  })
})
