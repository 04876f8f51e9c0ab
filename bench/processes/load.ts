/**
 * Sends POST requests as fast as their answers come over some connections, or at a rate. Takes its order over IPC and
 * answers how long it took, per request too.
 */
import { createHmac } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { onMessages, preciseNow } from './wire.ts'

export interface LoadOrder {
  readonly port: number
  /** Requests go round these. */
  readonly paths: readonly string[]
  readonly headers: Record<string, string>
  readonly requests: number
  readonly connections: number
  /** Requests per second; 0: as fast as possible. */
  readonly rate: number
  /** Bytes of a body. */
  readonly size: number
  /** `publish`: POST /events; `inbound`: a webhook signed like GitHub's. */
  readonly kind: 'publish' | 'inbound'
  readonly secret?: string
  /** Publishes go round these. */
  readonly eventTypes: readonly string[]
  /** Publishes go through the tenants `t1`, `t2` … up to this one, far from the last one each time; default: `default`. */
  readonly tenants?: number
  readonly expect: readonly number[]
}

export interface LoadResult {
  readonly elapsedMs: number
  readonly refused: number
  readonly latencies: readonly number[]
}

/** Part of the ids of inbound requests: no order repeats those of the one before. */
let orders = 0

process.on('message', (order: LoadOrder) => {
  orders += 1
  void run(order).then((result) => process.send?.(result))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: 0 })

async function run(order: LoadOrder): Promise<LoadResult> {
  const latencies: number[] = []
  let sent = 0
  let answered = 0
  let refused = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const started = preciseNow()
  const sockets = Array.from({ length: order.connections }, () => open(order.port))
  for (const socket of sockets) {
    let sentAt = 0
    const next = () => {
      if (sent === order.requests) return
      const index = sent++
      const due = order.rate === 0 ? 0 : started + (index * 1000) / order.rate - preciseNow()
      const send = () => {
        sentAt = preciseNow()
        socket.write(request(order, index, sentAt))
      }
      if (due > 0) setTimeout(send, due)
      else send()
    }
    onMessages(socket, (message) => {
      if (!order.expect.includes(Number(message.toString('latin1', 9, 12)))) refused += 1
      latencies.push(preciseNow() - sentAt)
      answered += 1
      if (answered === order.requests) resolve()
      else next()
    })
    next()
  }
  await promise
  const elapsedMs = preciseNow() - started
  for (const socket of sockets) socket.destroy()
  return { elapsedMs, refused, latencies }
}

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  return socket
}

const paddings = new Map<number, string>()

function request(order: LoadOrder, index: number, sentAt: number): string {
  const body = order.kind === 'publish' ? eventBody(order, index, sentAt) : inboundBody(order, index)
  const headers =
    order.kind === 'publish' ? { ...order.headers } : { ...order.headers, ...signature(order, body, index) }
  if (order.tenants !== undefined) headers['posthorn-tenant'] = tenantOf(order.tenants)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${order.paths[index % order.paths.length]} HTTP/1.1\r\nhost: 127.0.0.1\r\n${lines.join('')}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

let published = 0

/** A prime apart: each comes once before any comes again, also over several orders. */
function tenantOf(tenants: number): string {
  published += 1
  return `t${((published * 7919) % tenants) + 1}`
}

function eventBody({ eventTypes, size }: LoadOrder, index: number, sentAt: number): string {
  const type = eventTypes[index % eventTypes.length]
  return `{"event_type":"${type}","data":{"sent_at":${sentAt},"padding":"${padding(size - 110)}"}}`
}

function inboundBody({ size }: LoadOrder, index: number): string {
  return `{"action":"opened","number":${index},"padding":"${padding(size - 60)}"}`
}

function signature({ secret = '' }: LoadOrder, body: string, index: number): Record<string, string> {
  const hex = createHmac('sha256', secret).update(body).digest('hex')
  return {
    'x-hub-signature-256': `sha256=${hex}`,
    'x-github-event': 'issues',
    'x-github-delivery': `d-${process.pid}-${orders}-${index}`,
  }
}

function padding(length: number): string {
  const text = paddings.get(length) ?? 'x'.repeat(Math.max(0, length))
  paddings.set(length, text)
  return text
}
