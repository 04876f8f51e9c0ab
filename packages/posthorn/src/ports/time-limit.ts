/**
 * Runs something synchronous and stops it when it takes too long: the regular expressions of other people's JSON
 * Schemas can take for ever, and one thread serves everybody.
 */
export type TimeLimit = <T>(limitMs: number, run: () => T) => T

/** What a `TimeLimit` throws when the time is up. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError'
}
