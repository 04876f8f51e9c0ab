/** A target: answers 200 at once, or never (`hang`). Tells over IPC how many requests came and how late. */
import { createServer } from 'node:net'
import { ANSWER_OK, onMessages, preciseNow } from './wire.ts'

const hang = process.argv.includes('hang')
let received = 0
let latencies: number[] = []
const marker = Buffer.from('"sent_at":')

const server = createServer((socket) => {
  socket.on('error', () => undefined)
  socket.setNoDelay(true)
  onMessages(socket, (message, bodyStart) => {
    received += 1
    const at = message.indexOf(marker, bodyStart)
    if (at !== -1)
      latencies.push(
        preciseNow() - Number.parseFloat(message.toString('latin1', at + marker.length, at + 40)),
      )
    if (!hang) socket.write(ANSWER_OK)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.({ ready: (server.address() as { port: number }).port }))

process.on('message', (message: { ask: string }) => {
  if (message.ask === 'count') process.send?.({ count: received })
  if (message.ask === 'latencies') {
    process.send?.({ latencies })
    latencies = []
  }
})
process.on('disconnect', () => process.exit(0))
