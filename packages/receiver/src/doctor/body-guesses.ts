import { utf8 } from '../encoding.ts'
import type { Guess } from './guess.ts'

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf)
/** Parsing and writing a larger body fifty times would take seconds. */
const MAX_JSON_BYTES = 262_144

/** What the body may have been before somebody touched it. */
export function* bodyGuesses(body: Uint8Array): Generator<Guess> {
  const text = decoded(body)
  if (text === undefined) return
  yield* plainGuesses(body, text)
  if (body.length > MAX_JSON_BYTES) return
  yield* jsonGuesses(text)
  yield* formGuesses(text)
}

function* plainGuesses(body: Uint8Array, text: string): Generator<Guess> {
  for (const [end, name] of [
    ['\n', 'LF'],
    ['\r\n', 'CRLF'],
  ] as const) {
    yield bodyGuess('body_final_newline', `with ${name} at its end, which was lost`, text + end)
    if (text.endsWith(end))
      yield bodyGuess('body_final_newline', `without the ${name} at its end`, text.slice(0, -end.length))
  }
  if (startsWithBom(body))
    yield {
      ...guess('body_bom', 'without the byte order mark'),
      change: { request: { body: body.subarray(3) } },
    }
  else
    yield {
      ...guess('body_bom', 'with a byte order mark, which was lost'),
      change: { request: { body: joined(BOM, body) } },
    }
  if (text.includes('\r\n'))
    yield bodyGuess('body_line_ends', 'with LF in place of CRLF', text.replaceAll('\r\n', '\n'))
  const crlf = text.replaceAll(/\r?\n/g, '\r\n')
  if (crlf !== text) yield bodyGuess('body_line_ends', 'with CRLF in place of LF', crlf)
  const latin1 = asLatin1(text)
  if (latin1)
    yield {
      ...guess('body_charset', 'with UTF-8 that was not encoded twice'),
      change: { request: { body: latin1 } },
    }
}

const WRITERS: readonly [name: string, write: (value: unknown) => string][] = [
  ['without white space', (value) => JSON.stringify(value)],
  ['with blanks after commas and colons', spaced],
  ['indented by 2', (value) => JSON.stringify(value, null, 2)],
  ['indented by 4', (value) => JSON.stringify(value, null, 4)],
]
const ESCAPES: readonly [name: string, escape: (text: string) => string][] = [
  ['\\uXXXX for what is not ASCII', escapeUnicode],
  ['\\/ for slashes', (text) => text.replaceAll('/', '\\/')],
  ['\\uXXXX and \\/', (text) => escapeUnicode(text).replaceAll('/', '\\/')],
  ['\\u003c, \\u003e and \\u0026', escapeHtml],
]

function* jsonGuesses(text: string): Generator<Guess> {
  const value = parsed(text)
  if (value === undefined) return
  const written = WRITERS.map(([name, write]) => [name, write(value.json)] as const)
  for (const [name, json] of written)
    if (json !== text) yield bodyGuess('body_reserialised', `as JSON ${name}`, json)
  for (const [escapes, escaping] of ESCAPES)
    for (const [name, json] of [['as it is', text] as const, ...written]) {
      const escaped = escaping(json)
      if (escaped !== json) yield bodyGuess('body_unescaped', `as JSON ${name}, with ${escapes}`, escaped)
    }
}

function* formGuesses(text: string): Generator<Guess> {
  const form = (detail: string, body: string): Guess => bodyGuess('body_form', detail, body)
  yield form('as the form field "payload"', `payload=${encodeURIComponent(text)}`)
  yield form('as the form field "payload", blanks as +', new URLSearchParams({ payload: text }).toString())
  const fields = parsed(text)?.json
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) {
    const pairs = Object.entries(fields).map(([key, value]) => [key, String(value)])
    yield form('as a form with these fields', new URLSearchParams(pairs).toString())
    yield form('as a form with these fields, sorted', new URLSearchParams([...pairs].sort()).toString())
  } else if (text.includes('=')) {
    const pairs = text.split('&').map((pair): [string, string] => {
      const at = pair.indexOf('=')
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    })
    yield form('as a form, percent-encoded', new URLSearchParams(pairs).toString())
  }
}

function guess(cause: Guess['cause'], detail: string): Omit<Guess, 'change'> {
  return { cause, detail: `The signature fits the body ${detail}.` }
}

function bodyGuess(cause: Guess['cause'], detail: string, body: string): Guess {
  return { ...guess(cause, detail), change: { request: { body: utf8(body) } } }
}

function decoded(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}

function parsed(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}

/** As Python's `json.dumps` writes it. Strings are left alone by going from one to the next. */
function spaced(value: unknown): string {
  return JSON.stringify(value).replaceAll(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) =>
    token === ',' || token === ':' ? `${token} ` : token,
  )
}

function escapeUnicode(text: string): string {
  return text.replaceAll(/[^\0-\x7f]/g, unicodeEscape)
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[<>&\u2028\u2029]/g, unicodeEscape)
}

function unicodeEscape(character: string): string {
  let escaped = ''
  for (let i = 0; i < character.length; i++)
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  return escaped
}

function asLatin1(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  let foreign = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0xff) return undefined
    foreign ||= code > 0x7f
    bytes[i] = code
  }
  return foreign ? bytes : undefined
}

function startsWithBom(body: Uint8Array): boolean {
  return BOM.every((byte, index) => body[index] === byte)
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
