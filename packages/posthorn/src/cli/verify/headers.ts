import { usageError } from '../exit.ts'

/**
 * Headers as people have them at hand: lines `name: value` (as curl -v prints them, with `> ` or `< ` before them, and
 * the request line), or a JSON object. Names that stand there twice stay twice.
 * @throws CliError `usage`, with the line
 */
export function parseHeaders(text: string): Array<[name: string, value: string]> {
  if (text.trimStart().startsWith('{')) return ofJson(text)
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const line = raw.replace(/^[<>] ?/, '')
    if (line.trim() === '' || /^[A-Z]+ \S+ HTTP\/[\d.]+$/.test(line)) return []
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim()
    if (colon < 1 || /\s/.test(name))
      throw usageError(
        `Line ${index + 1} of the headers is no header, it must be "name: value": ${JSON.stringify(raw)}.`,
      )
    return [[name, line.slice(colon + 1).trim()] as [string, string]]
  })
}

function ofJson(text: string): Array<[string, string]> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw usageError(`The headers begin like JSON, but are none: ${(error as Error).message}.`)
  }
  return Object.entries(value as Record<string, unknown>).flatMap(([name, one]) =>
    (Array.isArray(one) ? one : [one]).map((each): [string, string] => {
      if (typeof each !== 'string')
        throw usageError(
          `The header ${JSON.stringify(name)} must have a text as its value, or a list of texts.`,
        )
      return [name, each]
    }),
  )
}
