/** The way to a mail server that does not do what it should. What a good one is given: `alerts/alerts.test.ts`. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { createMailer } from '../../src/transport/mail/index.ts'

const MAIL = { to: 'ops@example.com', subject: 's', text: 't' }

/** Begins a greeting and never ends it. */
async function open(t: TestContext) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('220-wait\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const clock = new FakeClock()
  const { port } = server.address() as AddressInfo
  const mailer = createMailer({ url: `smtp://127.0.0.1:${port}`, from: 'posthorn@example.com' }, clock)
  const connected = once(server, 'connection').then(([socket]) => socket as Socket)
  return { clock, mailer, connected }
}

/** Reset or ended, as it may be. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.resume().once('close', () => resolve()))
}

test('a mail server that keeps talking and takes nothing is left after a minute', async (t) => {
  const { clock, mailer, connected } = await open(t)
  const sent = assert.rejects(mailer.send(MAIL), /longer than 60 s/)
  const socket = await connected
  const left = closed(socket)
  await clock.advance(59_999)
  assert.equal(socket.destroyed, false)
  await clock.advance(1)
  await sent
  await left
})

test('what is on its way when the mailer is closed is given up', async (t) => {
  const { mailer, connected } = await open(t)
  const sent = assert.rejects(mailer.send(MAIL), /stops/)
  const left = closed(await connected)
  mailer.close()
  await sent
  await left
})
