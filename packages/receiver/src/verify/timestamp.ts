import type { TimestampRule } from '../schemes/scheme.ts'
import { quoted, type Refusal, refusal } from './refusal.ts'

// 15 digits stay below 2^53 and reach the year 33,658 in milliseconds.
const DIGITS = /^[0-9]{1,15}$/

export interface CheckedTimestamp {
  readonly ok: true
  /** Epoch milliseconds. */
  readonly timestampMs: number
}

/**
 * Whether a time stamp is a number and near enough to now, both directions, inclusive at the tolerance. Compared in
 * the stamp's own unit, the clock rounded down to it, as the senders' own libraries do.
 */
export function checkTimestamp(
  { unit }: Pick<TimestampRule, 'unit'>,
  toleranceS: number,
  text: string,
  nowMs: number,
): CheckedTimestamp | Refusal {
  if (!DIGITS.test(text))
    return refusal('timestamp_malformed', `${quoted(text)} is not a whole number in ASCII digits`)
  const unitMs = unit === 's' ? 1000 : 1
  const stamp = Number(text)
  const age = Math.floor(nowMs / unitMs) - stamp
  const tolerance = (toleranceS * 1000) / unitMs
  if (age > tolerance)
    return refusal(
      'timestamp_too_old',
      explain(stamp, nowMs, toleranceS, unit, unit === 'ms' ? 'seconds' : undefined),
    )
  if (age < -tolerance)
    return refusal(
      'timestamp_too_new',
      explain(stamp, nowMs, toleranceS, unit, unit === 's' ? 'milliseconds' : undefined),
    )
  return { ok: true, timestampMs: stamp * unitMs }
}

function explain(
  stamp: number,
  nowMs: number,
  toleranceS: number,
  unit: 's' | 'ms',
  other: string | undefined,
): string {
  const distanceS = Math.abs(nowMs / 1000 - (unit === 's' ? stamp : stamp / 1000))
  const told = `${Math.round(distanceS)} s from the clock, tolerance ${toleranceS} s`
  const otherMs = other === 'seconds' ? stamp * 1000 : stamp
  // Only told, never acted on: a scheme that guesses its unit can be lied to.
  const looksLikeOther = other !== undefined && Math.abs(nowMs - otherMs) <= toleranceS * 1000
  return looksLikeOther ? `${told}; it looks like ${other}, the scheme says ${unit}` : told
}
