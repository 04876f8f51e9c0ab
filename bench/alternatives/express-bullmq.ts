/**
 * What many applications do today: Express verifies GitHub's signature over the raw bytes, `SET NX` in Redis drops
 * duplicates, and BullMQ keeps the event for a worker. Run as a process of its own: `express-bullmq.ts REDIS_URL SECRET`.
 *
 * Written as well as it can be: production mode, the raw body for this path only, one parse, no answer before the job is
 * in Redis, and a claim that is given back when it could not be queued. Not measured: a worker.
 */
process.env.NODE_ENV = 'production'

import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { Queue } from 'bullmq'
import express, { type Request, type Response } from 'express'
import { Redis } from 'ioredis'

const [redisUrl = '', secret = ''] = process.argv.slice(2)
const key = createSecretKey(Buffer.from(secret))
const DEDUPE_S = 30 * 86_400

// Commands of one turn of the event loop go out together.
const redis = new Redis(redisUrl, { enableAutoPipelining: true, maxRetriesPerRequest: null })
const queue = new Queue('webhooks', {
  connection: redis,
  defaultJobOptions: {
    attempts: 5,
    backoff: { type: 'exponential', delay: 5000 },
    removeOnComplete: 1000,
    removeOnFail: false,
  },
})

function isGenuine(body: Buffer, signature: string): boolean {
  const expected = createHmac('sha256', key).update(body).digest()
  const given = Buffer.from(signature.replace(/^sha256=/, ''), 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

async function receive(request: Request, response: Response): Promise<void> {
  const body: unknown = request.body
  if (!Buffer.isBuffer(body) || !isGenuine(body, request.get('x-hub-signature-256') ?? '')) {
    response.status(401).end()
    return
  }
  const id = request.get('x-github-delivery') ?? ''
  const type = request.get('x-github-event') ?? ''
  const seen = `webhook:${id}`
  if ((await redis.set(seen, '1', 'EX', DEDUPE_S, 'NX')) === null) {
    response.status(200).end()
    return
  }
  try {
    await queue.add(type, { id, type, payload: JSON.parse(body.toString()) }, { jobId: id })
  } catch (error) {
    await redis.del(seen)
    throw error
  }
  response.status(202).end()
}

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.post('/', express.raw({ type: 'application/json', limit: '1mb' }), receive)
const server = app.listen(0, '127.0.0.1', () =>
  process.send?.({ ready: (server.address() as AddressInfo).port }),
)

process.on('disconnect', () => process.exit(0))
