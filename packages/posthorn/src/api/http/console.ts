/** The console: one page for every path that belongs to nobody else, and the files that it loads. */
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { API_BASE } from '../contract/operations.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Sends the console's page. */
    consolePage(): FastifyReply
  }
}

/** Where the console's files are; their names change with their content. */
const ASSETS_PATH = '/assets/'
const A_YEAR_MS = 31_536_000_000

/** What is under these is the server's own: a wrong path there is an error, not a page. */
const NOT_PAGES = /^\/(?:api|in|docs|metrics|healthz|readyz|queues|openapi\.json|assets)(?:\/|$)/

/**
 * Nothing from elsewhere, nothing inline: what a payload smuggles into the page is not run. Whoever may frame it: nobody.
 */
export const CONSOLE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'content-security-policy': CONSOLE_POLICY,
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'content-type': 'text/html; charset=utf-8',
  vary: 'accept',
}

/** @param folder with `index.html` and `assets/`; null: it is not built */
export function registerConsole(app: FastifyInstance, folder: string | null): void {
  app.decorateReply('consolePage', function (this: FastifyReply) {
    return folder === null ? this.send(MISSING) : this.sendFile('index.html', folder, { cacheControl: false })
  })
  app.get('/', (_request, reply) => sendConsole(reply))
  if (folder === null) return
  app.register(fastifyStatic, {
    root: `${folder.replace(/\/$/, '')}${ASSETS_PATH}`,
    prefix: ASSETS_PATH,
    ...{ index: false, redirect: false, preCompressed: true, maxAge: A_YEAR_MS, immutable: true },
    // A folder is nothing to ask for; else it would be an error of ours.
    allowedPath: (path) => !path.endsWith('/'),
    setHeaders: (reply) => reply.header('cross-origin-resource-policy', 'same-origin'),
  })
}

/** Whether somebody's browser asks for a page of the console's, such as `/subscriptions/sub_1`. */
export function isConsolePage({ method, url, headers }: FastifyRequest): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return (headers.accept ?? '').includes('text/html') && !NOT_PAGES.test(url.split('?', 1)[0] ?? '')
}

export function sendConsole(reply: FastifyReply): FastifyReply {
  return reply.headers(HEADERS).consolePage()
}

const MISSING = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Posthorn</title>
<h1>Posthorn</h1>
<p>The console is not built: run <code>npm run prepare</code> in the source tree, then start the server again.</p>
<ul>
<li><a href="/docs">The API</a>, base <code>${API_BASE}</code>, as <a href="/openapi.json">OpenAPI 3.1</a></li>
<li><a href="/healthz">Alive?</a> <a href="/readyz">Ready?</a> <a href="/metrics">Metrics</a></li>
</ul>
</html>
`
