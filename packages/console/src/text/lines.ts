/** Lists and headers as a reader types them into a text field. */

export function toLines(values: readonly string[]): string {
  return values.join('\n')
}

/** Separated by line breaks, commas or blanks. */
export function fromLines(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}

export function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}

/** `Name: value`, one a line. @throws SyntaxError that names the line which has no colon */
export function fromHeaderLines(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':')
      if (at < 1) throw new SyntaxError(`“${line}” is not a header: write Name: value.`)
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}
