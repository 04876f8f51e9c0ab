import { hostname } from 'node:os'

/** For people who look for a process. */
export function processName(): string {
  return `${hostname()}:${process.pid}`
}
