/** The portal: the way in by a link, and the page, which pages of others may have in a frame. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CONSOLE_POLICY } from './console.ts'
import type { Tools } from './handler.ts'
import { portalCookie } from './session-cookie.ts'

const PORTAL_PATH = '/portal'
export const PORTAL_LINK_PATH = `${PORTAL_PATH}/enter`

/** As the console's page, but with the logo of the theme, which may be anywhere, and in the frames that are allowed. */
export function portalHeaders(origins: readonly string[]): Record<string, string> {
  const ancestors = origins.length === 0 ? "'none'" : ["'self'", ...origins].join(' ')
  return {
    'content-security-policy': CONSOLE_POLICY.replace(
      "img-src 'self' data:",
      "img-src 'self' data: https:",
    ).replace("frame-ancestors 'none'", `frame-ancestors ${ancestors}`),
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    // A page that isolates itself (COEP) may have it in a frame only so.
    'cross-origin-resource-policy': origins.length === 0 ? 'same-origin' : 'cross-origin',
    ...(origins.length === 0 ? { 'x-frame-options': 'DENY' } : {}),
    'content-type': 'text/html; charset=utf-8',
    vary: 'accept',
  }
}

export function isPortalPage({ url }: FastifyRequest): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return path === PORTAL_PATH || path.startsWith(`${PORTAL_PATH}/`)
}

export function registerPortal(app: FastifyInstance, tools: Tools, origins: readonly string[]): void {
  const headers = portalHeaders(origins)
  app.get(PORTAL_PATH, (_request, reply) => reply.headers(headers).consolePage())
  app.get(PORTAL_LINK_PATH, async (request, reply) => {
    reply.headers(headers)
    // Somebody looks ahead: the link would be used up before it is clicked.
    const ahead = request.headers['sec-purpose'] ?? request.headers.purpose ?? ''
    if (request.method !== 'GET' || String(ahead).includes('prefetch')) return reply.code(204).send()
    // No picture or script of another site's page signs its visitor in, without anybody seeing it.
    if (!PAGES.has(request.headers['sec-fetch-dest'])) return reply.code(403).send(NO_PAGE)
    return await enter(request, reply, tools)
  })
}

/** What a browser says it wants the answer for; programs and old browsers say nothing. */
const PAGES: ReadonlySet<unknown> = new Set([undefined, 'document', 'iframe', 'frame'])

async function enter(request: FastifyRequest, reply: FastifyReply, tools: Tools): Promise<FastifyReply> {
  const { origin, useCases, log } = tools
  const { token } = request.query as { token?: unknown }
  const secure = origin.isSecure(request.raw)
  const { address } = origin.senderOf(request.raw)
  const text = typeof token === 'string' ? token : ''
  const guest = await useCases.sessions.guest(text)
  const acting = {
    actor: { kind: 'portal', keyId: null, name: '', ...guest },
    requestId: request.id,
    address,
  } as const
  const opened =
    guest && (await useCases.audit.run(acting, () => useCases.sessions.openLink(text, { secure })))
  if (opened === null) {
    log.warn('a link to the portal was refused', { address })
    return reply.code(401).send(OVER)
  }
  log.info('a link to the portal was opened', { session_id: opened.session.id, address })
  return (
    reply
      .header('set-cookie', portalCookie({ text: opened.text, secure }, origin.prefix))
      // Without the token: it must stay in no address bar, no history and no referrer.
      .header('location', `${origin.prefix}${PORTAL_PATH}`)
      .code(303)
      .send()
  )
}

const NO_PAGE = '<!doctype html><title>Open the link in a tab or a frame</title>'

const OVER = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The link is over</title>
<h1>This link does not work any more</h1>
<p>A link works once, and within ten minutes. Go back to where you found it, and ask for a new one.</p>
</html>
`
