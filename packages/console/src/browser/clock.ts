/** The reader's clock, for what is shown only. */
import { useSyncExternalStore } from 'react'

const TICK_MS = 1000

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | null = null
let tick = Date.now()

function listen(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    tick = Date.now()
    for (const one of listeners) one()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }
}

export function now(): number {
  return Date.now()
}

/** Epoch ms, moving on each second while it is on the page. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => tick)
}

/** Runs once after a while; the answer takes it back. */
export function after(ms: number, run: () => void): () => void {
  const id = setTimeout(run, ms)
  return () => clearTimeout(id)
}
