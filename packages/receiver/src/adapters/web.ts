/**
 * @module @posthorn/receiver/web
 * For everything that takes `(Request) => Response`: Deno, Bun, Cloudflare Workers, Next.js, Remix, SvelteKit …
 */
import { asInbound, type Inbound, type InboundOptions } from './inbound.ts'
import { serve } from './serve.ts'
import { toResponse, unreadRequest } from './web-request.ts'

export interface WebContext {
  readonly request: Request
}

const REMEDY = 'Call the adapter before request.json(), request.text() or a middleware that reads the body.'

export function webAdapter(
  given: Inbound<WebContext> | InboundOptions<WebContext>,
): (request: Request) => Promise<Response> {
  const inbound = asInbound(given)
  return async (request) => toResponse(await serve(inbound, unreadRequest(request, REMEDY), { request }))
}
