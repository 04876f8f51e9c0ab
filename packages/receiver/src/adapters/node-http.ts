/**
 * @module @posthorn/receiver/node-http
 * For `node:http`: `createServer(nodeHttpAdapter({ receiver, onEvent, onError }))`.
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

export type NodeHttpContext = { readonly request: NodeRequest; readonly response: NodeResponse }

const REMEDY = 'Call the adapter before anything else reads the request.'

/** A listener that answers every request it is given; it resolves when the answer is written. */
export function nodeHttpAdapter(
  given: Inbound<NodeHttpContext> | InboundOptions<NodeHttpContext>,
): (request: NodeRequest & { readonly body?: unknown }, response: NodeResponse) => Promise<void> {
  const inbound = asInbound(given)
  return async (request, response) => {
    const readBody = (limit: number) => readParsedBody(request, request.body, limit, REMEDY)
    writeNodeAnswer(response, await serve(inbound, unreadNode(request, readBody), { request, response }))
  }
}
