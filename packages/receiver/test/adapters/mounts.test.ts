import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { createReceiver, outboundScheme } from '@posthorn/receiver'
import { expressAdapter } from '@posthorn/receiver/express'
import { fastifyAdapter, fastifyRoute } from '@posthorn/receiver/fastify'
import { honoAdapter } from '@posthorn/receiver/hono'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { webAdapter } from '@posthorn/receiver/web'
import express from 'express'
import fastify from 'fastify'
import { type Context, Hono } from 'hono'
import { NOW, secretOf, signed } from '../support/requests.ts'

const scheme = outboundScheme('prefixed')
const receiver = createReceiver({ scheme, secrets: [secretOf('prefixed')], clock: () => NOW })
const onError = (error: Error) => assert.fail(error)

// Written as a user writes it: the compiler must take the frameworks' own types without a cast.
test('the adapters fit the types of the frameworks, and onEvent gets the context', async () => {
  const seen: (string | undefined)[] = []
  createServer(
    nodeHttpAdapter({
      receiver,
      onError,
      onEvent: (event, { request }) => void seen.push(event.id, request.url),
    }),
  )
  express().post(
    '/webhooks',
    expressAdapter({
      receiver,
      onError,
      onEvent: (event, { request }) => void seen.push(event.id, request.originalUrl),
    }),
  )

  const { headers, body } = signed('prefixed')
  const app = fastify()
  const options = {
    receiver,
    onError,
    onEvent: async (event: { id: string | undefined }, { request }: { request: { url: string } }) =>
      void seen.push(event.id, request.url),
  }
  await app.register(fastifyAdapter(options), { prefix: '/webhooks' })
  app.post(
    '/raw',
    fastifyRoute({ receiver, onError, onEvent: (event) => ({ status: 200, body: event.id ?? '' }) }),
  )
  const large = signed('prefixed', 'x'.repeat(1_048_576))
  // Fastify's own bodyLimit is 1 MiB too: it must not come before ours.
  for (const made of [{ headers, body }, large])
    assert.equal(
      (
        await app.inject({
          method: 'POST',
          url: '/webhooks',
          headers: made.headers,
          payload: Buffer.from(made.body),
        })
      ).statusCode,
      202,
    )
  await app.close()

  const hono = new Hono()
  hono.post(
    '/webhooks',
    honoAdapter({
      receiver,
      onError,
      onEvent: (event, context: Context) => void seen.push(event.id, context.req.path),
    }),
  )
  const init = { method: 'POST', headers, body: Buffer.from(body) }
  assert.equal((await hono.request('/webhooks', init)).status, 202)

  const web = webAdapter({
    receiver,
    onError,
    onEvent: (event, { request }) => void seen.push(event.id, request.url),
  })
  assert.equal((await web(new Request('https://example.com/in', init))).status, 202)
  assert.deepEqual(seen, [
    ...['evt_1', '/webhooks', 'evt_1', '/webhooks'],
    ...['evt_1', '/webhooks', 'evt_1', 'https://example.com/in'],
  ])
})
