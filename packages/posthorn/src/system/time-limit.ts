import { type Context, createContext, Script } from 'node:vm'
import { type TimeLimit, TimeLimitError } from '../ports/time-limit.ts'

/** So often is something run whose time went to other processes: 250 ms passed for nothing at a load of 5 a core. */
const TRIES = 10

/**
 * By V8's own watchdog, which also ends a regular expression in the middle of its backtracking. Costs a thread,
 * 0.2 to 0.3 ms a call (measured, Node 24): for what may hang, not for everything.
 */
export function createTimeLimit(): TimeLimit {
  const script = new Script('run()')
  const slot: { run: () => unknown } = { run: () => undefined }
  const context: Context = createContext(slot)
  const tryOnce = <T>(limitMs: number, run: () => T): { value: T } | null => {
    const outer = slot.run
    slot.run = run
    try {
      return { value: script.runInContext(context, { timeout: limitMs }) as T }
    } catch (error) {
      // Made in the other context, so no `instanceof Error` finds it.
      if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null
      throw error
    } finally {
      slot.run = outer
    }
  }
  return (limitMs, run) => {
    // The watchdog goes by the wall clock; whether it was right is decided by what this thread has used.
    const start = threadCpuMs()
    for (let left = TRIES; left > 0; left -= 1) {
      const done = tryOnce(limitMs, run)
      if (done) return done.value
      if (threadCpuMs() - start >= limitMs / 2) break
    }
    throw new TimeLimitError(`It took longer than ${limitMs} ms.`)
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
