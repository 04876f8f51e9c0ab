/**
 * Runs something synchronous and stops it when it has used more than so much time of the processor: the regular
 * expressions of other people's JSON Schemas can take for ever, and one thread serves everybody. On a machine that is
 * starved of processors it may be stopped early and run again from its start, so it must be repeatable.
 */
export type TimeLimit = <T>(limitMs: number, run: () => T) => T

/** What a `TimeLimit` throws when the time is up. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError'
}
