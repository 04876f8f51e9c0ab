import type { TargetId } from '../domain/ids.ts'

/**
 * The queue wakes workers; it decides nothing and may forget everything, because the store is the truth. A worker that
 * is woken for nothing finds no due lane; one that is not woken finds it by its poll.
 */
export interface Queue {
  /** Says that a lane (null: some lane) has something due at a time (epoch ms). Never throws or blocks; may be lost. */
  announce(lanes: ReadonlyArray<{ readonly targetId: TargetId | null; readonly at: number }>): void
  /** Calls `wake` whenever something may be due, at the least once every poll interval, until `stop`. */
  start(wake: () => void): Promise<void>
  stop(): Promise<void>
}
