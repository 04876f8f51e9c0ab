import type { TargetId } from '../domain/ids.ts'

/**
 * The queue wakes workers; it decides nothing and may forget everything, because the store is the truth: who owns a
 * delivery is decided by a claim there, a worker that is woken for nothing finds no due lane, and one that is not woken
 * looks by itself every few seconds. So a queue needs no acknowledgement, no order, no memory across restarts.
 *
 * `testQueue` of `posthorn/testing` checks what is promised here.
 */
export interface Queue {
  /**
   * Says that something falls due. Never throws or blocks, before `start`, after `stop` and while the server behind it
   * is away too. May be lost; kept for later only within fixed bounds. Many wake-ups of one lane at about one time may
   * become one.
   */
  announce(wakeUps: readonly WakeUp[]): void
  /**
   * Calls `wake` when the time of a wake-up has come that was announced by this process or by another one that shares
   * the queue: not before it, and soon after. It is enough that one of these processes is woken. Resolves, too, when
   * the server behind it is away: it is used as soon as it answers.
   * @param wake called with what it is for. Never throws or blocks. null: this process only announces.
   */
  start(wake: Wake | null): Promise<void>
  /** No `wake` any more, also for what was announced before. Leaves no timer and no connection; any number of times. */
  stop(): Promise<void>
}

export type Wake = (wakeUps: readonly WakeUp[]) => void

/** "Look at this lane at this time." */
export interface WakeUp {
  /** null: some lane. */
  readonly targetId: TargetId | null
  /** epoch ms; a time in the past means now */
  readonly at: number
}
