import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { connect } from 'amqplib'
import { findRabbitmq } from '../../../../test/servers/rabbitmq.ts'
import { RabbitmqQueue } from '../../src/queue/rabbitmq/rabbitmq-queue.ts'
import { systemClock } from '../../src/system/clock.ts'
import { testQueue } from '../../src/testing/queue-conformance.ts'
import { Recorder } from '../../src/testing/recorder.ts'
import { Cable } from './support/cable.ts'

const server = await findRabbitmq()
after(() => server.stop())
const QUEUES = ['now', ...[200, 800, 3_200, 12_800, 51_200].map((delay) => `later.${delay}`)]
let places = 0

function open(url: string, prefix: string, recorder = new Recorder()) {
  return RabbitmqQueue.open({ url, prefix, clock: systemClock, telemetry: recorder })
}

testQueue('RabbitmqQueue', {
  shared: true,
  keepsTimes: true,
  async open() {
    const cable = await Cable.to(server.url)
    places += 1
    const prefix = `suite-${process.pid}-${places}`
    const forget = async () => {
      const connection = await connect(server.url)
      const channel = await connection.createChannel()
      for (const name of QUEUES) await channel.deleteQueue(`${prefix}.${name}`)
      await connection.close()
    }
    return {
      queue: () => open(cable.through(server.url), prefix),
      forget,
      async cutOff() {
        await cable.cut()
        return () => cable.mend()
      },
      async close() {
        await forget()
        await cable.cut()
      },
    }
  },
})

test('a URL that is none and a wrong password are refused, without the password', {
  timeout: 60_000,
}, async () => {
  for (const url of ['localhost:5672', 'http://127.0.0.1', 'amqp://', 'amqp://a:p%zz@h'])
    await assert.rejects(open(url, 'bad'), { code: 'config_invalid', message: /must be amqp:\/\// })
  const wrong = open(server.url.replace('guest:guest', 'guest:very-secret'), 'bad')
  await assert.rejects(wrong, (error: Error & { code: string }) => {
    assert.equal(error.code, 'config_invalid')
    assert.match(error.message, /refuses this process: .*ACCESS.REFUSED/)
    assert.ok(!error.message.includes('very-secret'))
    return true
  })
})

test('a server that is away is told once, without the password; and that it is back', {
  timeout: 60_000,
}, async (t) => {
  const cable = await Cable.to(server.url)
  t.after(() => cable.cut())
  const recorder = new Recorder({ timeoutMs: 30_000 })
  const queue = await open(cable.through(server.url), 'away', recorder)
  await queue.start(() => undefined)
  await cable.cut()
  await recorder.next('queue.failed')
  await cable.mend()
  await recorder.next('queue.recovered')
  await queue.stop()
  const told = recorder.all('queue.failed')
  assert.equal(told.length, 1)
  assert.ok(!JSON.stringify(told).includes('guest'))
})
