import { performance } from 'node:perf_hooks'

/** Since the process began; libuv counts it anyway. The share that is active is how busy the one thread is. */
export function eventLoopTime(): { readonly activeMs: number; readonly idleMs: number } {
  const { active, idle } = performance.eventLoopUtilization()
  return { activeMs: active, idleMs: idle }
}

/** Of the whole process, the store's threads among it. 13 µs a call: unlike `memoryUsage()` it does not walk the heap. */
export function residentMemoryBytes(): number {
  return process.memoryUsage.rss()
}
