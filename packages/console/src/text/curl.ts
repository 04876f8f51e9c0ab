import { HIDDEN } from './visible.ts'

/**
 * A word of a shell that stands for exactly this text. Characters that work unseen are written as their bytes: pasted
 * into a terminal, a Ctrl-C in a stranger's text would end the quotes, and what follows would be a command.
 */
export function shellWord(text: string): string {
  if (text.search(UNSEEN) >= 0) return `$'${text.replaceAll(/['\\]/g, '\\$&').replaceAll(UNSEEN, bytes)}'`
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** And the tab, which a terminal takes for a question. */
const UNSEEN = new RegExp(`\\t|${HIDDEN.source}`, 'g')
const encoder = new TextEncoder()

/** Of three digits each, so that no digit of the text after it counts. */
function bytes(found: string): string {
  return [...encoder.encode(found)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
}

export interface CurlRequest {
  readonly method?: string
  readonly url: string
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>
  readonly body?: string
}

/** A request as a command to copy and paste. */
export function curlText({ method, url, headers = [], body }: CurlRequest): string {
  const options = [
    ...headers.map(([name, value]) => `-H ${shellWord(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`${bodyOption(body)} ${shellWord(body)}`]),
  ]
  const usual = body === undefined ? 'GET' : 'POST'
  const named = method === undefined || method === usual ? '' : `-X ${method} `
  // What curl would take for a list of addresses.
  const plain = /[[\]{}]/.test(url) ? '-g ' : ''
  return [`curl -sS ${plain}${named}${shellWord(url)}`, ...options].join(' \\\n  ')
}

/** `--data-binary @name` sends the file of that name: a stranger's text must not choose one of the reader's. */
function bodyOption(body: string): string {
  return body.startsWith('@') ? '--data-raw' : '--data-binary'
}

/** A call of this API with a key that the reader puts in. */
export function apiCurl(
  method: string,
  path: string,
  more: { origin: string; tenant?: string | undefined; body?: unknown; json?: string },
): string {
  const body = more.json ?? (more.body === undefined ? undefined : JSON.stringify(more.body))
  return curlText({
    method,
    url: `${more.origin}/api/v1/webhooks${path}`,
    headers: [
      // Not quoted away: the shell is to put the key in.
      ...(more.tenant === undefined ? [] : [['posthorn-tenant', more.tenant] as const]),
      ...(body === undefined ? [] : [['content-type', 'application/json'] as const]),
    ],
    ...(body === undefined ? {} : { body }),
  }).replace('curl -sS', 'curl -sS -H "authorization: Bearer $POSTHORN_KEY"')
}
