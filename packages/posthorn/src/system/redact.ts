const REDACTED = '[redacted]'

/** Field names whose values never stand in a log, whatever they hold. Bodies too: they are other people's data. */
const SECRET_NAMES =
  /^(.*[_-])?(secrets?|signing[_-]?secret|password|passwd|authorization|cookie|set[_-]?cookie|api[_-]?key|admin[_-]?key|secret[_-]?key|token|sealed|signature|body|data)$/i

/** Secrets by their look, inside any text: signing secrets, API keys, bearer tokens, passwords in URLs. */
const SECRET_LOOKS: ReadonlyArray<readonly [RegExp, string]> = [
  [/\b(whsec_|whsk_|phk_)[A-Za-z0-9+/=_-]{8,}/g, `$1${REDACTED}`],
  [/\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}/gi, `$1 ${REDACTED}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, `$1:${REDACTED}@`],
]

/** Deeper values are cut: a log line is no place for trees. */
const DEPTH_MAX = 4
const TEXT_MAX = 8192

/** The value as it may stand in a log line under this name. */
export function redact(name: string, value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return SECRET_NAMES.test(name) ? REDACTED : redactText(value)
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
  if (value === undefined) return undefined
  if (SECRET_NAMES.test(name)) return REDACTED
  if (typeof value !== 'object') return redactText(String(value))
  if (depth >= DEPTH_MAX) return '[deeper]'
  if (value instanceof Error) return redactError(value, depth)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.map((item) => redact('', item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(key, item, depth + 1)]))
}

export function redactText(text: string): string {
  const cut = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text
  return SECRET_LOOKS.reduce((clean, [look, by]) => clean.replace(look, by), cut)
}

function redactError(error: Error, depth: number): unknown {
  return {
    type: error.name,
    message: redactText(error.message),
    ...('code' in error && { code: String(error.code) }),
    stack: redactText(error.stack ?? ''),
    ...(error.cause !== undefined && { cause: redact('cause', error.cause, depth + 1) }),
  }
}
