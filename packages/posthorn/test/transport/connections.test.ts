import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock, wakefulClock } from '../../src/system/clock.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { answers } from '../../src/testing/target-answers.ts'
import { pair, short } from './harness.ts'

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
/** Nobody asked for it: if it ever answers a request, a delivery counts that nobody took. */
const SURPLUS = 'HTTP/1.1 299 Surplus\r\ncontent-length: 3\r\n\r\nbad'

describe('connections', () => {
  it('are used again, one after the other', async (t) => {
    const { target, send } = await pair(t)
    for (let i = 0; i < 20; i += 1) assert.equal(short(await send()), '200 ')
    assert.equal(target.connections, 1)
  })

  it('are as many as there are requests at once, and no more', async (t) => {
    const { target, send } = await pair(t)
    for (let round = 0; round < 3; round += 1) {
      const results = await Promise.all(Array.from({ length: 200 }, () => send()))
      assert.deepEqual(new Set(results.map(short)), new Set(['200 ']))
    }
    assert.equal(target.requests.length, 600)
    assert.ok(target.connections <= 200, `${target.connections} connections`)
  })

  it('are at most connectionsPerOrigin', async (t) => {
    const { target, send } = await pair(t, { connectionsPerOrigin: 3 })
    await Promise.all(Array.from({ length: 50 }, () => send()))
    assert.equal(target.requests.length, 50)
    assert.equal(target.connections, 3)
  })

  it('are not shared between tenants', async (t) => {
    const { target, send } = await pair(t)
    for (let i = 0; i < 4; i += 1) {
      await send({ isolation: 'one' })
      await send({ isolation: 'two' })
    }
    const used = (parity: number) =>
      new Set(target.requests.filter(({ index }) => index % 2 === parity).map(({ connection }) => connection))
    assert.deepEqual([used(0).size, used(1).size], [1, 1])
    assert.notDeepEqual(used(0), used(1))
  })

  it('close when they idle, and over all tenants only so many idle', async (t) => {
    const { target, send } = await pair(t, { keepAliveMs: 60_000 })
    for (let i = 0; i < 530; i += 1) assert.equal(short(await send({ isolation: `tenant ${i}` })), '200 ')
    assert.equal(target.connections, 530)
    await target.waitForOpen(512)
    // The oldest went: the newest is still there.
    await send({ isolation: 'tenant 529' })
    assert.equal(target.connections, 530)
    await send({ isolation: 'tenant 0' })
    assert.equal(target.connections, 531)
  })

  it('of many tenants at once leave only so many idle', async (t) => {
    const { target, send } = await pair(t, { keepAliveMs: 60_000 })
    let answer = () => {}
    const after = new Promise<void>((resolve) => {
      answer = resolve
    })
    target.answer({ after })
    const sent = Array.from({ length: 700 }, (_, i) => send({ isolation: `tenant ${i}` }))
    await target.waitFor(700)
    answer()
    await Promise.all(sent)
    await target.waitForOpen(512)
  })

  it('close after keepAliveMs', async (t) => {
    const { target, send } = await pair(t, { keepAliveMs: 20 })
    await send()
    await target.waitForOpen(0)
    assert.equal(short(await send()), '200 ')
    assert.equal(target.connections, 2)
  })

  it('are given up before the target means to close them', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext({ headers: { 'keep-alive': 'timeout=1' } })
    await send()
    await target.waitForOpen(0)
  })

  it('that the target closed behind its answer cost no attempt and no second POST', async (t) => {
    const { target, send } = await pair(t)
    target.answer({ raw: [OK], close: 'end' })
    for (let i = 0; i < 50; i += 1) assert.equal(short(await send()), '200 ok')
    assert.equal(target.requests.length, 50)
  })

  it('that break when they are used again are an ordinary failure: no hidden second POST', async (t) => {
    const { target, send } = await pair(t)
    await send()
    target.answerNext(answers.resetBeforeAnswer())
    assert.equal(short(await send()), 'connection_closed')
    assert.equal(target.requests.length, 2)
    assert.equal(target.connections, 1)
    assert.equal(short(await send()), '200 ')
  })

  it('on which a second answer came in the same segment are not used again', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext({ raw: [OK + SURPLUS] }, { body: 'second' }, { body: 'third' })
    assert.equal(short(await send()), '200 ok')
    assert.equal(short(await send()), '200 second')
    assert.equal(short(await send()), '200 third')
    assert.deepEqual(
      target.requests.map(({ connection }) => connection),
      [0, 1, 2],
    )
    // Whoever did it once is asked to close each time.
    assert.deepEqual(
      target.requests.map((request) => request.header('connection')),
      ['keep-alive', 'close', 'close'],
    )
  })

  it('on which a second answer comes while they idle are closed', async (t) => {
    const { target, send } = await pair(t)
    let surplus = () => {}
    const gate = new Promise<void>((resolve) => {
      surplus = resolve
    })
    target.answerNext({ raw: behind(OK, gate, SURPLUS) }, { body: 'second' })
    assert.equal(short(await send()), '200 ok')
    surplus()
    await target.waitForOpen(0)
    assert.equal(short(await send()), '200 second')
    assert.equal(target.requests[1]?.header('connection'), 'close')
  })

  it('on which a second answer comes right behind the first never answer the next request with it', async (t) => {
    for (let round = 0; round < 40; round += 1) {
      const { target, transport, send } = await pair(t)
      const gate = new Promise<void>((resolve) => systemClock.nextTurn(resolve))
      target.answerNext({ raw: behind(OK, gate, SURPLUS) }, { body: 'second' }, { body: 'third' })
      const results = [await send(), await send(), await send()]
      assert.deepEqual(results.map(short), ['200 ok', '200 second', '200 third'])
      await transport.close()
      await target.close()
    }
  })

  it('rest for a turn between an answer and the next request', async (t) => {
    const turns: Array<() => void> = []
    const clock = { ...wakefulClock, nextTurn: (run: () => void) => void turns.push(run) }
    const { target, send } = await pair(t, { clock })
    await send()
    assert.equal(turns.length, 1)
    const second = send()
    await new FakeClock().settle()
    assert.deepEqual([target.requests.length, target.connections], [1, 1])
    turns[0]!()
    assert.equal(short(await second), '200 ')
    assert.deepEqual([target.requests.length, target.connections], [2, 1])
  })

  it('on which a late surplus was taken for an answer are given up from then on', async (t) => {
    const { target, send } = await pair(t)
    // The surplus of the first answer is written when the second request is there: nobody can tell it from an answer.
    target.answerNext({ raw: [OK] }, { raw: [SURPLUS + OK] }, { body: 'third' })
    assert.deepEqual(
      [short(await send()), short(await send()), short(await send())],
      ['200 ok', '299 bad', '200 third'],
    )
    assert.equal(target.requests[2]?.header('connection'), 'close')
  })

  it('on which bytes came that are no answer are not used again', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext({ raw: [`${OK}garbage`] }, { body: 'second' })
    assert.equal(short(await send()), '200 ok')
    assert.equal(short(await send()), '200 second')
    assert.equal(target.connections, 2)
  })

  it('of another origin or tenant do not suffer from one that misbehaves', async (t) => {
    const { target, send } = await pair(t)
    target.answerNext({ raw: [OK + SURPLUS] })
    await send({ isolation: 'one' })
    for (let i = 0; i < 3; i += 1) await send({ isolation: 'two' })
    assert.deepEqual(
      target.requests.map(({ connection }) => connection),
      [0, 1, 1, 1],
    )
  })
})

async function* behind(first: string, gate: Promise<unknown>, second: string): AsyncGenerator<string> {
  yield first
  await gate
  yield second
}
