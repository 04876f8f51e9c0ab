/** Names that somebody may have meant: at most two letters away, or one contains the other. Nearest first, at most three. */
export function nearNames(meant: string, names: readonly string[]): readonly string[] {
  // What a stranger wrote may be of any length; no name is.
  const text = meant.slice(0, 64).toLowerCase()
  if (text.length < 2) return []
  return names
    .map((name) => ({ name, away: name.includes(text) || text.includes(name) ? 1 : distance(text, name) }))
    .filter(({ away }) => away <= 2)
    .sort((a, b) => a.away - b.away || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Levenshtein: letters to put in, take out or change. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
