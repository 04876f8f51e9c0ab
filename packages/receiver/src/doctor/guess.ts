import type { Cause } from './causes.ts'
import type { Change } from './trial.ts'

/** One mistake that may have been made, as the change that would undo it. */
export interface Guess {
  readonly cause: Cause
  readonly detail: string
  readonly change: Change
}
