/**
 * @module @posthorn/receiver/express
 * For Express 5: `app.all('/webhooks', expressAdapter({ receiver, onEvent, onError }))`, before `express.json()`.
 */
import { asInbound, type Inbound, type InboundOptions } from './inbound.ts'
import {
  type NodeRequest,
  type NodeResponse,
  readParsedBody,
  unreadNode,
  writeNodeAnswer,
} from './node-request.ts'
import { serve } from './serve.ts'

export type ExpressRequest = NodeRequest & { readonly originalUrl: string; readonly body?: unknown }
export type ExpressContext = { readonly request: ExpressRequest; readonly response: NodeResponse }

const REMEDY = "Mount it before app.use(express.json()), or give its path express.raw({ type: '*/*' })."

/** A handler for `app.all` or `app.use`; `app.post` where no handshake comes by GET or OPTIONS. Bytes that `express.raw()` has read are taken as they are. */
export function expressAdapter(
  given: Inbound<ExpressContext> | InboundOptions<ExpressContext>,
): (request: ExpressRequest, response: NodeResponse) => Promise<void> {
  const inbound = asInbound(given)
  return async (request, response) => {
    const { method, originalUrl: url, headers } = request
    const readBody = (limit: number) => readParsedBody(request, request.body, limit, REMEDY)
    const unread = unreadNode({ method, url, headers }, readBody)
    writeNodeAnswer(response, await serve(inbound, unread, { request, response }))
  }
}
