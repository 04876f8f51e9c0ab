/** Instants on the wire: RFC 3339 with a zone in, UTC with milliseconds out. */
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Epoch milliseconds, or null when the text is no instant: a day that does not exist, no zone, a leap second. */
export function parseInstant(text: string): number | null {
  const match = RFC3339.exec(text)
  if (match === null) return null
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  // `Date.parse` rolls the 30th of February over into March.
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null
  const ms = Date.parse(text.toUpperCase())
  return Number.isNaN(ms) ? null : ms
}

export function toInstant(ms: number): string {
  return new Date(ms).toISOString()
}

export function toInstantOrNull(ms: number | null): string | null {
  return ms === null ? null : toInstant(ms)
}

/** Of a text that the contract has checked; null when it was not given. */
export function fromInstant(text: string | undefined): number | null {
  return text === undefined ? null : parseInstant(text)
}
