/**
 * @module @posthorn/receiver/doctor
 * Why a signature does not fit: which known mistake would have made it fit.
 */
export { CAUSES, type Cause, type Diagnosis } from './causes.ts'
export { type ExplainOptions, explainRefusal } from './explain.ts'
export type { KnownSecret } from './secret-guesses.ts'
