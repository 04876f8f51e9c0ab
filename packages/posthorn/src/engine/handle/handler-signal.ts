import type { AttemptReport } from '../deliver/target.ts'

/** How far a chain of causes is followed: wrappers are few, and a chain may go in a circle. */
const WRAPPERS_MAX = 20

/** What `ctx.retryAfter` and `ctx.drop` throw: how the attempt is to end. An `Error`, since libraries expect one. */
export class HandlerSignal extends Error {
  override readonly name = 'HandlerSignal'
  readonly #owner: object
  readonly #report: AttemptReport

  /** @param owner the attempt that it is about: one of another attempt, in a promise that both share, says nothing here */
  constructor(owner: object, text: string, report: AttemptReport) {
    super(text)
    this.#owner = owner
    this.#report = report
  }

  /** What was asked for by this attempt, also where others have put their own errors around it; null: nothing. */
  static in(error: unknown, owner: object): AttemptReport | null {
    const open: unknown[] = [error]
    for (let looked = 0; open.length > 0 && looked < WRAPPERS_MAX; looked += 1) {
      const one = open.shift()
      if (one instanceof HandlerSignal && one.#owner === owner) return one.#report
      if (one instanceof Error) open.push(one.cause)
      if (one instanceof AggregateError) open.push(...(one.errors as unknown[]))
    }
    return null
  }
}
