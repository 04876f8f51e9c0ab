import type { TestContext } from 'node:test'
import type { HttpTransport, OutboundRequest, OutboundResult } from '../../src/ports/transport.ts'
import { wakefulClock } from '../../src/system/clock.ts'
import { startTarget, type Target, type TargetOptions } from '../../src/testing/target.ts'
import { createHttpTransport, type HttpTransportOptions } from '../../src/transport/http/index.ts'

export const BODY = Buffer.from('{"data":1}')

export interface Pair {
  readonly target: Target
  readonly transport: HttpTransport
  /** Sends to the target; what is given replaces the defaults. */
  send(more?: Partial<OutboundRequest>): Promise<OutboundResult>
}

/** A target on loopback and a transport that may call it, closed after the test. */
export async function pair(
  t: TestContext,
  options: Partial<HttpTransportOptions> = {},
  targetOptions: TargetOptions = {},
): Promise<Pair> {
  const target = await startTarget(targetOptions)
  const transport = transportFor(t, options)
  t.after(() => target.close())
  return { target, transport, send: (more = {}) => transport.send(requestTo(target.url, more)) }
}

export function transportFor(t: TestContext, options: Partial<HttpTransportOptions> = {}): HttpTransport {
  const transport = createHttpTransport({
    allowHttp: true,
    allowNetworks: ['127.0.0.0/8'],
    clock: wakefulClock,
    resolve: async (host) => {
      throw Object.assign(new Error(`the test resolves no ${host}`), { code: 'ENOTFOUND' })
    },
    ...options,
  })
  t.after(() => transport.close())
  return transport
}

export function requestTo(url: string, more: Partial<OutboundRequest> = {}): OutboundRequest {
  return {
    url,
    isolation: 'tenant',
    headers: [['content-type', 'application/json']],
    body: BODY,
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    ...more,
  }
}

/** `200 text`, `200 text…` when cut, or the code of the error. */
export function short(result: OutboundResult): string {
  if (result.kind === 'error') return result.code
  return `${result.statusCode} ${Buffer.from(result.body).toString('latin1')}${result.truncated ? '…' : ''}`
}
