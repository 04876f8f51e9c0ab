/**
 * How long a fault scenario runs, and with which seeds. The short form, with one seed, is that of `npm test`; the long
 * one that of `npm run test:faults`, which sets `POSTHORN_FAULT_SEEDS`.
 */
import { seedOfRun } from '../../support/dice.ts'

export interface Form {
  readonly long: boolean
  readonly seeds: readonly number[]
}

/** @param env `POSTHORN_FAULT_SEEDS`: how many; given: the long form. `POSTHORN_E2E_SEED`: this one only. */
export function formOf(env: NodeJS.ProcessEnv): Form {
  const { POSTHORN_FAULT_SEEDS: count, POSTHORN_E2E_SEED: seed } = env
  if (count !== undefined && !/^[1-9]\d{0,3}$/.test(count))
    throw new Error(`POSTHORN_FAULT_SEEDS=${count} must be a count of seeds, 1 to 9999`)
  if (seed !== undefined && !/^\d{1,10}$/.test(seed))
    throw new Error(`POSTHORN_E2E_SEED=${seed} must be a whole number below 2^32`)
  const seeds = seed === undefined ? Array.from({ length: Number(count ?? 1) }, seedOfRun) : [Number(seed)]
  return { long: count !== undefined, seeds }
}

export const FORM: Form = formOf(process.env)

/** What a scenario takes of the two, by the form of this run. */
export function inForm<T>(short: T, long: T): T {
  return FORM.long ? long : short
}
