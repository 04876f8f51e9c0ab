import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from '../../src/ports/clock.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { startTarget } from '../../src/testing/target.ts'
import { answers } from '../../src/testing/target-answers.ts'
import { pair, requestTo, short, transportFor } from './harness.ts'

const NEVER = new Promise<never>(() => {})

describe('the deadline of an attempt', () => {
  it('covers a target that hangs', async (t) => {
    const clock = new FakeClock()
    const { target, send } = await pair(t, { clock })
    target.answerNext(answers.hang())
    const sent = send({ timeoutMs: 5000 })
    await target.next()
    await clock.advance(4999)
    assert.equal(clock.waiting, 1)
    await clock.advance(1)
    const result = await sent
    assert.equal(short(result), 'timeout')
    assert.match(result.kind === 'error' ? result.detail : '', /5000 ms .* waiting for an answer/)
    assert.equal(clock.waiting, 0)
    await target.waitForOpen(0)
  })

  it('is not pushed back by a drip', async (t) => {
    const clock = new FakeClock()
    const { target, send } = await pair(t, { clock })
    const ticks: Array<() => void> = []
    let asked = () => {}
    target.answerNext(
      answers.drip(
        () =>
          new Promise<void>((resolve) => {
            ticks.push(resolve)
            asked()
          }),
      ),
    )
    const sent = send({ timeoutMs: 10_000 })
    for (let byte = 0; byte < 9; byte += 1) {
      if (ticks.length === 0)
        await new Promise<void>((resolve) => {
          asked = resolve
        })
      ticks.shift()?.()
      await clock.advance(1000)
    }
    assert.equal(clock.waiting, 1)
    await clock.advance(1000)
    const result = await sent
    assert.equal(short(result), 'timeout')
    assert.match(result.kind === 'error' ? result.detail : '', /reading the answer/)
    await target.waitForOpen(0)
  })

  it('sends nothing when it has passed before its timer could run', async (t) => {
    // So it is in a process that was stopped: when it goes on, what is ready is handled before the timers.
    const clock = new FakeClock()
    let passed = 0
    const stopped = { ...halfClock(clock), elapsed: () => clock.elapsed() + passed }
    const { target, send } = await pair(t, { clock: stopped })
    const sent = send({ timeoutMs: 5000 })
    passed = 5000
    assert.equal(short(await sent), 'timeout')
    assert.equal(target.requests.length, 0)
    assert.equal(clock.waiting, 0)
    passed = 0
    assert.equal(short(await send({ timeoutMs: 5000 })), '200 ')
    await clock.settle()
    // On a connection that was used, a request is written a turn later.
    const again = send({ timeoutMs: 5000 })
    passed = 5000
    assert.equal(short(await again), 'timeout')
    passed = 0
    assert.equal(short(await send({ timeoutMs: 5000 })), '200 ')
    assert.equal(target.requests.length, 2)
  })

  it('covers a resolver that never answers', async (t) => {
    const clock = new FakeClock()
    const transport = transportFor(t, { clock, resolve: () => NEVER })
    const sent = transport.send(requestTo('https://slow.example/', { timeoutMs: 2000 }))
    await clock.advance(2000)
    const result = await sent
    assert.equal(short(result), 'timeout')
    assert.match(result.kind === 'error' ? result.detail : '', /connecting/)
  })

  it('covers a TLS handshake that never ends', async (t) => {
    const clock = new FakeClock()
    const { createServer } = await import('node:net')
    const server = createServer()
    const connected = new Promise<void>((resolve) => server.once('connection', () => resolve()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const { port } = server.address() as { port: number }
    const transport = transportFor(t, { clock })
    const sent = transport.send(requestTo(`https://127.0.0.1:${port}/`, { timeoutMs: 2000 }))
    await connected
    await clock.advance(2000)
    assert.equal(short(await sent), 'timeout')
  })

  it('covers the wait for a free connection, and what waits is never written late', async (t) => {
    const clock = new FakeClock()
    const { target, send } = await pair(t, { clock, connectionsPerOrigin: 1 })
    let answer = () => {}
    target.answerNext({
      after: new Promise<void>((resolve) => {
        answer = resolve
      }),
    })
    const first = send({ timeoutMs: 9000 })
    await target.next()
    const second = send({ timeoutMs: 1000 })
    await clock.advance(1000)
    assert.equal(short(await second), 'timeout')
    answer()
    assert.equal(short(await first), '200 ')
    assert.equal(short(await send()), '200 ')
    assert.equal(target.requests.length, 2)
    assert.equal(target.connections, 1)
  })

  it('is cut short by the signal, in each phase', async (t) => {
    const { target, transport, send } = await pair(t, { resolve: () => NEVER })
    const shutdown = new AbortController()
    target.answerNext(answers.hang(), answers.hangInBody())
    const sent = [
      send({ signal: shutdown.signal }),
      send({ signal: shutdown.signal }),
      transport.send(requestTo('https://slow.example/', { signal: shutdown.signal })),
    ]
    await target.waitFor(2)
    shutdown.abort()
    assert.deepEqual((await Promise.all(sent)).map(short), ['aborted', 'aborted', 'aborted'])
    await target.waitForOpen(0)
    assert.equal(short(await send({ signal: shutdown.signal })), 'aborted')
    assert.equal(target.requests.length, 2)
  })

  it('ends with the transport: what is on its way is aborted, what comes later too', async (t) => {
    const { target, transport, send } = await pair(t)
    target.answerNext(answers.hang())
    const sent = send()
    await target.next()
    await transport.close()
    assert.equal(short(await sent), 'aborted')
    assert.equal(short(await send()), 'aborted')
    await target.waitForOpen(0)
  })

  it('holds no connection once the attempt is over while its name is looked up', async (t) => {
    const clock = new FakeClock()
    const target = await startTarget()
    t.after(() => target.close())
    let answer = (_addresses: Array<{ address: string; family: number }>) => {}
    const transport = transportFor(t, {
      clock,
      resolve: () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    })
    const sent = transport.send(requestTo(target.urlFor('late.example'), { timeoutMs: 1000 }))
    await clock.advance(1000)
    assert.equal(short(await sent), 'timeout')
    answer([{ address: '127.0.0.1', family: 4 }])
    await clock.settle()
    assert.equal(target.connections, 0)
  })
})

function halfClock(clock: FakeClock): Clock {
  return {
    now: () => clock.now(),
    elapsed: () => clock.elapsed(),
    after: (delayMs, run) => clock.after(delayMs, run),
    nextTurn: (run) => clock.nextTurn(run),
  }
}
