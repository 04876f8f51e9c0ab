import type { Context } from '../context.ts'
import { indented } from '../show.ts'
import { isoOf } from '../text/time.ts'
import { utf8TextOf } from '../text/utf8.ts'
import { harmless, oneLine } from '../text/width.ts'
import type { LocalRequest } from './server.ts'

export interface PrintOptions {
  readonly json: boolean
  /** More to be said of it: what the verification found. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** Prints a request: its line, its headers, its body; JSON laid out, other bytes as base64. */
export async function printRequest(
  request: LocalRequest,
  { output, clock }: Context,
  { json, more = {} }: PrintOptions,
): Promise<void> {
  const text = utf8TextOf(request.body)
  const at = isoOf(clock.now())
  if (json) {
    const body = text === null ? { body_base64: request.body.toString('base64') } : { body: text }
    const { method, path, headers } = request
    return await output.json({ at, method, path, headers, ...body, ...more }, true)
  }
  const lines = [
    `${output.paint('dim', at)} ${output.paint('bold', `${request.method} ${oneLine(request.path)}`)}`,
    ...request.headers.map(([name, value]) => `  ${output.paint('cyan', oneLine(name))}: ${oneLine(value)}`),
    ...Object.entries(more).map(
      ([name, value]) => `  ${output.paint('magenta', name)} ${harmless(String(value))}`,
    ),
  ]
  await output.lines(lines)
  if (request.body.length > 0)
    await output.line(
      indented(
        text === null
          ? `(${request.body.length} bytes, no text) ${request.body.toString('base64')}`
          : laidOut(text),
        '    ',
      ),
    )
  await output.line()
}

function laidOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
