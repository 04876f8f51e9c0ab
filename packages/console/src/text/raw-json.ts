/**
 * The text of one field of a JSON object as it stands there, so that `1.0` stays `1.0`.
 * @param json one object, known to be JSON
 * @returns null when it has no such field
 */
export function rawField(json: string, name: string): string | null {
  let depth = 0
  let key: string | null = null
  let start = -1
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at]
    if (char === '"') {
      const end = stringEnd(json, at)
      if (depth === 1 && key === null) key = JSON.parse(json.slice(at, end + 1)) as string
      at = end
    } else if (char === '{' || char === '[') depth += 1
    else if (char === ':' && depth === 1) start = at + 1
    else if (char === '}' || char === ']' || char === ',') {
      if (depth === 1 && key === name) return json.slice(start, at).trim()
      if (depth === 1) key = null
      if (char !== ',') depth -= 1
    }
  }
  return null
}

/** Where the string that begins at `at` has its closing quote. */
function stringEnd(json: string, at: number): number {
  for (let end = at + 1; end < json.length; end += 1) {
    if (json[end] === '\\') end += 1
    else if (json[end] === '"') return end
  }
  return json.length
}

/** JSON over several lines. Only white space is changed: numbers and names stay as they were written. */
export function laidOut(json: string): string {
  let out = ''
  let depth = 0
  const newLine = () => `\n${'  '.repeat(depth)}`
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at] as string
    if (char === '"') {
      const end = stringEnd(json, at)
      out += json.slice(at, end + 1)
      at = end
    } else if (char === '{' || char === '[') {
      const next = /\S/.exec(json.slice(at + 1, at + 1 + NEXT_CHARS))
      const empty = next !== null && (next[0] === '}' || next[0] === ']')
      depth += 1
      out += empty ? char : char + newLine()
    } else if (char === '}' || char === ']') {
      depth -= 1
      const empty = out.endsWith('{') || out.endsWith('[')
      out += empty ? char : newLine() + char
    } else if (char === ',') out += char + newLine()
    else if (char === ':') out += ': '
    else if (!/\s/.test(char)) out += char
  }
  return out
}

/** So far it is looked whether brackets hold anything: beyond, they stand on two lines, which is not wrong either. */
const NEXT_CHARS = 100
