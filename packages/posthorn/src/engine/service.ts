/**
 * The contract of every long-lived part: `start` once, `stop` any number of times, before or after a start, also while
 * it starts. After `stop` has resolved nothing of the part runs.
 */
export interface Service {
  start(): Promise<void>
  stop(): Promise<void>
}
