/**
 * What an attempt sent and the headers it was answered with, as one short text beside its row. The body is not in it:
 * that is made again from the event, the same in every attempt.
 *
 * One line for the URL, one for each header sent, and after an empty line one for each header of the answer:
 * `name:value`; `name?` where the value is hidden; `name=` where the row itself tells it; `+3` for three left out. Names
 * are in lower case; the most frequent are one capital letter. Of a usual attempt it is 290 bytes.
 */
import type { DeliveryId } from './ids.ts'
import { LIMITS } from './limits.ts'

/** null: the value is hidden. */
export type ShownHeader = readonly [name: string, value: string | null]

export interface ShownHeaders {
  readonly headers: readonly ShownHeader[]
  /** How many more there were: they did not fit into `LIMITS.exchangeHeaderBytes`. */
  readonly omitted: number
}

export interface Exchange {
  readonly request: ShownHeaders & { readonly url: string }
  /** null: no answer came. */
  readonly response: ShownHeaders | null
}

type Header = readonly [name: string, value: string]

/** Credentials, wherever they stand: in what was received and is sent on, and in what a target answers. */
const SECRET: ReadonlySet<string> = new Set([
  ...['authorization', 'cookie', 'proxy-authorization', 'set-cookie', 'set-cookie2'],
  ...['x-api-key', 'x-auth-token', 'x-amz-security-token'],
])
/** Letters stay what they are: they are stored. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ...([
    ['content-type', 'A'],
    ['user-agent', 'B'],
    ['webhook-id', 'C'],
    ['webhook-timestamp', 'D'],
  ] as const),
  ...([
    ['webhook-signature', 'E'],
    ['posthorn-delivery', 'F'],
    ['posthorn-attempt', 'G'],
  ] as const),
  ...([
    ['posthorn-source', 'H'],
    ['traceparent', 'I'],
    ['content-length', 'J'],
    ['date', 'K'],
  ] as const),
  ...([
    ['server', 'L'],
    ['transfer-encoding', 'M'],
    ['cache-control', 'N'],
    ['etag', 'O'],
    ['vary', 'P'],
  ] as const),
])
const NAMES: ReadonlyMap<string, string> = new Map([...LETTERS].map(([name, letter]) => [letter, name]))
/** Of the answer's connection, not of the answer: nobody looks for them, and nearly each answer has them. */
const OF_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive'])
const DELIVERY = 'posthorn-delivery'
const ATTEMPT = 'posthorn-attempt'
/** What the parser of the text would take for the end of a line; no header has them. */
const BREAKS = /[\r\n\0]/g

/**
 * @param secret names of headers whose values are hidden, lower case: the subscription's own, which are often keys
 * @param response headers of the answer; null when none came
 */
export function writeExchange(
  url: string,
  request: readonly Header[],
  secret: ReadonlySet<string>,
  response: readonly Header[] | null,
): string {
  const sent = `${whole(url)}${lines(request, secret, true)}`
  return response === null ? sent : `${sent}\n${lines(response, secret, false)}`
}

function lines(headers: readonly Header[], secret: ReadonlySet<string>, own: boolean): string {
  let text = ''
  for (const [index, [name, value]] of headers.entries()) {
    if (!own && OF_CONNECTION.has(name)) continue
    let line = `\n${LETTERS.get(name) ?? name}`
    if (own && (name === DELIVERY || name === ATTEMPT)) line += '='
    else line += secret.has(name) || SECRET.has(name) ? '?' : `:${whole(value)}`
    if (text.length + line.length > LIMITS.exchangeHeaderBytes) return `${text}\n+${headers.length - index}`
    text += line
  }
  return text
}

function whole(text: string): string {
  return text.replace(BREAKS, ' ')
}

/** @param of the row beside which the text stands */
export function readExchange(
  text: string,
  of: { readonly deliveryId: DeliveryId; readonly number: number },
): Exchange {
  const [url = '', ...rest] = text.split('\n')
  const gap = rest.indexOf('')
  const own = new Map([
    [DELIVERY, of.deliveryId],
    [ATTEMPT, String(of.number)],
  ])
  const request = readLines(gap < 0 ? rest : rest.slice(0, gap), own)
  return { request: { url, ...request }, response: gap < 0 ? null : readLines(rest.slice(gap + 1), own) }
}

function readLines(lines: readonly string[], own: ReadonlyMap<string, string>): ShownHeaders {
  const headers: ShownHeader[] = []
  let omitted = 0
  for (const line of lines) {
    const end = line.search(/[:?=]/)
    const written = line.slice(0, end)
    const name = NAMES.get(written) ?? written
    if (end < 0) omitted = Number(line.slice(1)) || 0
    else if (line[end] === ':') headers.push([name, line.slice(end + 1)])
    else headers.push([name, line[end] === '?' ? null : (own.get(name) ?? null)])
  }
  return { headers, omitted }
}
