/**
 * An application that receives, as a process: `receiving.ts DATA_DIR SECRET POINT`. It says on stdout where it listens
 * and what it handles. POINT is where it stands still or ends:
 *
 * - `stored`: kills itself when an event is on disk, before the answer
 * - `not started`: takes events in and attempts nothing
 * - `handling`: its handler never ends
 * - `nowhere`
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { createPosthorn } from 'posthorn'

const [dataDir = '', secret = '', point = 'nowhere'] = process.argv.slice(2)
const say = (line: string) => process.stdout.write(`${line}\n`)
const posthorn = await createPosthorn({
  dataDir,
  logger: { info() {}, warn() {}, error: (text, fields) => say(`error: ${text} ${JSON.stringify(fields)}`) },
  telemetry: {
    record: ({ name }) => {
      if (name === 'inbound.received' && point === 'stored') process.kill(process.pid, 'SIGKILL')
    },
  },
})
const source = posthorn.source('github', { provider: 'github', secrets: [secret] })
source.on('*', async ({ id }, { attempt }) => {
  say(`${point === 'handling' ? 'handling' : 'handled'} ${id}, attempt ${attempt}`)
  if (point === 'handling') await new Promise(() => undefined)
})
if (point !== 'not started') await posthorn.start()
const server = createServer(nodeHttpAdapter(source))
server.listen(0, '127.0.0.1', () =>
  say(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`),
)
process.once('SIGTERM', () => {
  server.closeAllConnections()
  server.close(() => void posthorn.stop())
})
