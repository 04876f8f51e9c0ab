/** What the browser remembers of the reader's choices. Never a secret. */
type Name = 'theme' | 'tenant' | `replay.${string}`

export function remembered(name: Name): string | null {
  try {
    return localStorage.getItem(`posthorn.${name}`)
  } catch {
    // Storage may be forbidden; then nothing is remembered.
    return null
  }
}

export function remember(name: Name, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`posthorn.${name}`)
    else localStorage.setItem(`posthorn.${name}`, value)
  } catch {
    // As above.
  }
}
