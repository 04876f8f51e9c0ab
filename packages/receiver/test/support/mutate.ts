import type { SampleRequest } from './sample.ts'

/** A request whose headers are a list, so that names can be there twice and in any order. */
export interface LooseRequest {
  headers: [string, string][]
  body: Buffer
  method: string
  url: string
}

export type Dice = (below: number) => number

export const loosened = ({ headers, body, method, url }: SampleRequest): LooseRequest => ({
  headers: Object.entries(headers),
  body,
  method,
  url,
})

const pick = <T>(dice: Dice, list: readonly T[]): T => list[dice(list.length)] as T
const cut = (body: Buffer, from: number, to: number, ...between: Uint8Array[]): Buffer =>
  Buffer.concat([body.subarray(0, from), ...between, body.subarray(to)])

/** One change of the body's bytes. */
const BODY: readonly ((body: Buffer, dice: Dice) => Buffer)[] = [
  (body, dice) => {
    const changed = Buffer.from(body)
    if (body.length > 0) changed[dice(body.length)]! ^= 1 << dice(8)
    return changed
  },
  (body, dice) => {
    const at = dice(body.length + 1)
    return cut(body, at, at, Uint8Array.of(pick(dice, [0, 0x20, 0x0a, 0x22, 0x7d, 0xff, dice(256)])))
  },
  (body, dice) => {
    const at = dice(Math.max(1, body.length))
    return cut(body, at, at + 1)
  },
  (body, dice) => {
    const [a, b] = [dice(Math.max(1, body.length)), dice(Math.max(1, body.length))]
    const changed = Buffer.from(body)
    ;[changed[a], changed[b]] = [body[b]!, body[a]!]
    return changed
  },
  (body, dice) => body.subarray(0, dice(body.length + 1)),
  (body, dice) => {
    const from = dice(body.length + 1)
    return cut(body, from, from, body.subarray(from, from + 1 + dice(20)))
  },
  (body, dice) =>
    pick(dice, [
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), body]),
      Buffer.from(body.toString('latin1'), 'utf8'),
      Buffer.from(body.toString('utf8'), 'utf16le'),
      Buffer.from(body.toString('utf8').normalize('NFD')),
      Buffer.from(body.toString('utf8').replaceAll('\n', '\r\n')),
      Buffer.concat([body, Buffer.from('\n')]),
      Buffer.concat([body, body]),
      Buffer.alloc(0),
    ]),
]

const ODD = [
  '',
  ' ',
  '\t',
  '\0',
  ',',
  ', ',
  ';',
  '=',
  '.',
  ':',
  '+',
  '-',
  '_',
  '/',
  'A',
  'a',
  '0',
  '9',
  'é',
  '%3D',
  'v1=',
  't=1',
]

/** One change of a header's text or the URL. */
export function changedText(text: string, dice: Dice): string {
  const at = dice(text.length + 1)
  switch (dice(8)) {
    case 0:
      return text.slice(0, at) + pick(dice, ODD) + text.slice(at)
    case 1:
      return text.slice(0, at) + text.slice(at + 1)
    case 2:
      return text.slice(0, at) + String.fromCharCode(0x20 + dice(95)) + text.slice(at + 1)
    case 3:
      return text.slice(0, at)
    case 4:
      return pick(dice, [text.toUpperCase(), text.toLowerCase()])
    case 5:
      return text + pick(dice, ODD) + text
    case 6:
      return text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
    default:
      return pick(dice, [
        ` ${text}`,
        `${text} `,
        encodeURIComponent(text),
        `"${text}"`,
        String(Number.parseInt(text, 10) || 0),
      ])
  }
}

/** One change of the request: of its body, a header, the order or number of headers, or the URL. */
export function mutated(request: LooseRequest, dice: Dice, bodyToo: boolean): LooseRequest {
  const kind = dice(bodyToo ? 10 : 5)
  if (kind >= 5 || request.headers.length === 0)
    return { ...request, body: pick(dice, BODY)(request.body, dice) }
  const headers = request.headers.map(([name, value]): [string, string] => [name, value])
  const at = dice(headers.length)
  const [name, value] = headers[at] as [string, string]
  if (kind <= 1) headers[at] = [name, changedText(value, dice)]
  else if (kind === 2)
    headers.splice(dice(headers.length + 1), 0, [
      pick(dice, [name, name.toUpperCase()]),
      changedText(value, dice),
    ])
  else if (kind === 3) {
    headers.splice(at, 1)
    if (dice(2) === 0) headers.splice(dice(headers.length + 1), 0, [name.toLowerCase(), value])
  } else if (dice(2) === 0) return { ...request, url: changedText(request.url, dice) }
  else headers.push(['__proto__', 'x'], ['constructor', value], [changedText(name, dice), value])
  return { ...request, headers }
}
