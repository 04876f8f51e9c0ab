/**
 * @module @posthorn/receiver/hono
 * For Hono: `app.all('/webhooks', honoAdapter({ receiver, onEvent, onError }))`.
 */
import { asInbound, type Inbound, type InboundOptions } from './inbound.ts'
import { serve } from './serve.ts'
import { toResponse, unreadRequest } from './web-request.ts'

/** The part of Hono's `Context` that is used; the whole one reaches `onEvent`. */
export interface HonoContext {
  readonly req: { readonly raw: Request }
}

// Hono keeps parsed bodies and writes them anew (c.req.arrayBuffer() after c.req.json()): other bytes than were signed.
const REMEDY = 'Mount it before a middleware that calls c.req.json(), c.req.text() or c.req.parseBody().'

export function honoAdapter<Context extends HonoContext>(
  given: Inbound<Context> | InboundOptions<Context>,
): (context: Context) => Promise<Response> {
  const inbound = asInbound(given)
  return async (context) => toResponse(await serve(inbound, unreadRequest(context.req.raw, REMEDY), context))
}
