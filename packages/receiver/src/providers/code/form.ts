const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Fields of an urlencoded form, in order; undefined when it is none. Strict where `URLSearchParams` is lax: a wrong
 * escape or broken UTF-8 would be replaced there, so that different bytes would mean the same.
 */
export function parseForm(body: Uint8Array): ReadonlyMap<string, readonly string[]> | undefined {
  try {
    const fields = new Map<string, string[]>()
    const text = decoder.decode(body)
    for (const pair of text === '' ? [] : text.split('&')) {
      const at = pair.indexOf('=')
      const key = decode(at < 0 ? pair : pair.slice(0, at))
      const value = at < 0 ? '' : decode(pair.slice(at + 1))
      const before = fields.get(key)
      if (before) before.push(value)
      else fields.set(key, [value])
    }
    return fields
  } catch {
    return undefined
  }
}

/** Throws for a wrong escape. */
function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
