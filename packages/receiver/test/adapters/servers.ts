import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import type { Inbound, InboundOptions } from '@posthorn/receiver'
import { expressAdapter } from '@posthorn/receiver/express'
import { fastifyAdapter, fastifyRoute } from '@posthorn/receiver/fastify'
import { honoAdapter } from '@posthorn/receiver/hono'
import { nodeHttpAdapter } from '@posthorn/receiver/node-http'
import { webAdapter } from '@posthorn/receiver/web'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'

export interface Running {
  readonly url: string
  close(): Promise<void>
}

/** Where a body parser stands: none; one that parses before the adapter; one that leaves the raw bytes. */
export type Parser = 'none' | 'first' | 'raw'

export interface Harness {
  readonly name: string
  readonly parsers: readonly Parser[]
  start(given: Inbound<object> | InboundOptions<object>, parser: Parser): Promise<Running>
}

export const HARNESSES: readonly Harness[] = [
  {
    name: 'node:http',
    parsers: ['none', 'first'],
    start: async (given, parser) => {
      const adapter = nodeHttpAdapter(given)
      return listening(
        createServer(async (request, response) => {
          if (parser === 'first') for await (const _chunk of request);
          await adapter(request, response)
        }).listen(0, '127.0.0.1'),
      )
    },
  },
  {
    name: 'express',
    parsers: ['none', 'first', 'raw'],
    start: async (given, parser) => {
      const app = express()
      if (parser === 'first') app.use(express.json())
      if (parser === 'raw') app.use(express.raw({ type: '*/*', limit: '10mb' }))
      app.use('/webhooks', expressAdapter(given))
      return listening(app.listen(0, '127.0.0.1'), '/webhooks')
    },
  },
  {
    name: 'fastify',
    parsers: ['none', 'first', 'raw'],
    start: async (given, parser) => {
      const app = fastify()
      if (parser === 'none') await app.register(fastifyAdapter(given), { prefix: '/webhooks' })
      if (parser === 'first') app.all('/webhooks', fastifyRoute(given))
      if (parser === 'raw') {
        app.removeAllContentTypeParsers()
        app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
        app.all('/webhooks', fastifyRoute(given))
      }
      const url = await app.listen({ port: 0, host: '127.0.0.1' })
      return {
        url: `${url}/webhooks`,
        close: async () => {
          app.server.closeAllConnections()
          await app.close()
        },
      }
    },
  },
  {
    name: 'hono',
    parsers: ['none', 'first'],
    start: async (given, parser) => {
      const app = new Hono()
      if (parser === 'first')
        app.use(async (context, next) => {
          if (context.req.method === 'POST') await context.req.json()
          await next()
        })
      app.all('/webhooks', honoAdapter(given))
      return listening(serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }), '/webhooks')
    },
  },
  {
    name: 'web',
    parsers: ['none', 'first'],
    start: async (given, parser) => {
      const adapter = webAdapter(given)
      const fetch = async (request: Request) => {
        if (parser === 'first' && request.method === 'POST') await request.json()
        return adapter(request)
      }
      return listening(serve({ fetch, port: 0, hostname: '127.0.0.1' }))
    },
  },
]

async function listening(server: Server | ServerType, path = '/'): Promise<Running> {
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await closed
    },
  }
}
