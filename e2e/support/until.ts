/**
 * The one place of the end-to-end tests that waits by time: a child process and its HTTP API can only be asked. Every
 * wait has a bound, and says what it waited for and what it saw last.
 */
const POLL_MS = 50

/** @returns the first value of `look` that is neither undefined, null nor false */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  { timeoutMs = 15_000 }: { timeoutMs?: number } = {},
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== null && found !== false)
      return found as Exclude<T, undefined | null | false>
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms in vain: ${what}`)
    await new Promise<void>((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** The promise's value, or an error that says what did not happen. Stops its clock when it is done. */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs = 15_000): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms in vain: ${what}`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Lets time go by, for what happens by the clock: the rate of a load, a fault every second. Never to wait for anything. */
export function elapse(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
