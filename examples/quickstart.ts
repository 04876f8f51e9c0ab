import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { outboundScheme } from '@posthorn/receiver'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { createPosthorn } from 'posthorn'

const posthorn = await createPosthorn({
  dataDir: '.posthorn',
  allowHttp: true, // targets on this machine; both are off unless you say so
  allowNetworks: ['127.0.0.0/8'],
})

// Receive: verify, deduplicate, store, answer 202; the handler works later, and again until it succeeds.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const inbox = posthorn.source('shop', { scheme: outboundScheme('standard'), secrets: [secret] })
const done = Promise.withResolvers<void>()
posthorn.on<{ data: { order: number } }>(
  'shop',
  'order.*',
  ({ type, data }, { attempt }) => {
    console.log(`attempt ${attempt}: ${type}, order ${data.data.order}`)
    if (attempt === 1) throw new Error('the database is away')
    done.resolve()
  },
  { retry: [0.1, 0.5, 2] },
)
const server = createServer(nodeHttpAdapter(inbox)).listen(0, '127.0.0.1')
await once(server, 'listening')

// Send: what is published is on disk, with a delivery for each subscription that matches, before `publish` resolves.
await posthorn.start()
const { id: tenantId } = await posthorn.use.tenants.get('default')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`
await posthorn.use.subscriptions.create(tenantId, { name: 'shop', url, events: ['order.*'], secret })
const { deliveries } = await posthorn.publish({ type: 'order.paid', data: { order: 7 } })
console.log(`published to ${deliveries} subscription`)

await done.promise
server.close()
await posthorn.stop()

/* prints
published to 1 subscription
attempt 1: order.paid, order 7
attempt 2: order.paid, order 7
*/
