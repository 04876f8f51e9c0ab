/** Deliveries that have ended, and attempts, are partitioned by the day within the delivery's id. */
import { makeId } from '../../domain/ids.ts'
import { DAY_MS, dayOf, LAST_DAY } from './keys.ts'

const NONE = new Uint8Array(10)
/** `dlv_01234567-89ab`: the time. What follows is chance. */
const TIME_CHARS = 17

/** The least id of a delivery made at this time or later. */
export function deliveryIdAt(time: number): string {
  return makeId('dlv', Math.max(0, time), NONE).slice(0, TIME_CHARS)
}

export function dayOfDelivery(id: string): number {
  const time = /^dlv_([0-9a-f]{8})-([0-9a-f]{4})/.exec(id)
  if (time !== null) return dayOf(Number.parseInt(`${time[1]}${time[2]}`, 16))
  // Not one of ours: where it sorts.
  return id < deliveryIdAt(0) ? 0 : LAST_DAY
}

/** Where the ids of a day begin; null: the first day begins, and the last one ends, nowhere. */
export function firstDeliveryOf(day: number): string | null {
  return day === 0 || day > LAST_DAY ? null : deliveryIdAt(day * DAY_MS)
}
