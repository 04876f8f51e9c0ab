/** More bytes of requests than may be here at once: who comes then is told when to come again, over real sockets. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Intake } from '../../src/engine/intake.ts'
import type { Published } from '../../src/engine/use-cases.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { published } from './support/fake-use-cases.ts'
import { listeningRig, RawConnection } from './support/raw.ts'

const LARGE = 300_000

/** Of two large bodies the second finds no room. Publishes wait until they are let go. */
async function fullRig(t: TestContext) {
  const intake = new Intake({ maxBytes: 400_000, clock: new FakeClock(), telemetry: { record: () => {} } })
  const holds: Array<() => void> = []
  const begun = Promise.withResolvers<void>()
  const wait = () =>
    new Promise<void>((resolve) => {
      holds.push(resolve)
      begun.resolve()
    })
  const rig = await listeningRig(
    t,
    {
      events: {
        publish: async (_tenant, input): Promise<Published> => {
          await wait()
          return published(input)
        },
      },
      sources: {
        wayIn: () => ({
          maxBodyBytes: 1_000_000,
          admit: () => null,
          refuseBody: () => ({ status: 413, headers: {}, body: '' }),
          receive: async () => {
            await wait()
            return { status: 202, headers: {}, body: '' }
          },
        }),
      },
    },
    { intake },
  )
  return { ...rig, intake, holds, begun: begun.promise }
}

function send(url: string, path: string, body: string) {
  const headers = { authorization: 'Bearer admin-key', 'content-type': 'application/json' }
  return fetch(url + path, { method: 'POST', headers, body })
}

const EVENTS = '/api/v1/webhooks/events'
const large = JSON.stringify({ event_type: 'a.b', data: 'x'.repeat(LARGE) })

for (const first of [EVENTS, '/in/src_1'])
  for (const second of [EVENTS, '/in/src_1'])
    test(`while ${first} holds the room ${second} is answered 503, and later 202`, async (t) => {
      const { url, holds, begun, intake } = await fullRig(t)
      const held = send(url, first, large)
      await begun
      const refused = await send(url, second, large)
      assert.equal(refused.status, 503)
      assert.equal(refused.headers.get('retry-after'), '1')
      const body = (await refused.json()) as { code?: string; error?: string }
      assert.equal(body.code ?? body.error, 'store_unavailable')
      holds.shift()?.()
      assert.equal((await held).status, 202)
      assert.equal(intake.bytes, 0)
      const again = send(url, second, large)
      while (holds.length === 0) await new Promise((resolve) => setImmediate(resolve))
      holds.shift()?.()
      assert.equal((await again).status, 202)
      assert.equal(intake.bytes, 0)
    })

test('one whose body never comes to its end gives the room back when it goes', async (t) => {
  const { port, intake } = await fullRig(t)
  const raw = new RawConnection(port)
  t.after(() => raw.destroy())
  const head = `POST ${EVENTS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin-key\r\ncontent-type: application/json\r\n`
  await raw.write(`${head}content-length: 5000\r\n\r\n{`)
  while (intake.bytes === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(intake.bytes, 5000)
  raw.destroy()
  while (intake.bytes > 0) await new Promise((resolve) => setImmediate(resolve))
})

test('one who goes while the work is done holds the room until it is', async (t) => {
  const { port, intake, holds, begun } = await fullRig(t)
  const raw = new RawConnection(port)
  const body = '{"event_type":"a.b","data":1}'
  const head = `POST ${EVENTS} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer admin-key\r\ncontent-type: application/json\r\n`
  await raw.write(`${head}content-length: ${body.length}\r\n\r\n${body}`)
  await begun
  raw.destroy()
  await raw.closed
  // The server hears of it, and of a request that comes after.
  assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
  assert.equal(intake.bytes, body.length)
  holds.shift()?.()
  while (intake.bytes > 0) await new Promise((resolve) => setImmediate(resolve))
})
