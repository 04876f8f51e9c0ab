import type { LocalAnswer, LocalRequest } from './server.ts'

/** Of the connection to us, not of the request; and what `fetch` sets itself. */
const NOT_FORWARDED = new Set([
  'host',
  'connection',
  'content-length',
  'keep-alive',
  'transfer-encoding',
  'expect',
])

/** Sends a request on with its headers and its very bytes. An URL that does not answer is answered with 502. */
export async function forward(request: LocalRequest, to: URL): Promise<LocalAnswer> {
  const headers = request.headers.filter(([name]) => !NOT_FORWARDED.has(name.toLowerCase()))
  try {
    const response = await fetch(to, {
      method: request.method,
      headers: headers.map(([name, value]) => [name, value] as [string, string]),
      body: new Uint8Array(request.body),
      redirect: 'manual',
    })
    const contentType = response.headers.get('content-type')
    return {
      status: response.status,
      body: new Uint8Array(await response.arrayBuffer()),
      ...(contentType === null ? {} : { contentType }),
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return { status: 502, contentType: 'text/plain', body: `${to.origin} does not answer: ${String(cause)}` }
  }
}
