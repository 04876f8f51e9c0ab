/** Small readers of flags that several commands share. */
import { DELIVERY_STATES, type DeliveryState } from '../domain/delivery.ts'
import { usageError } from './exit.ts'
import { isoOf, parseInstant } from './text/time.ts'

/** For commander: a flag that may be given several times, or with commas. */
export function collect(value: string, all: readonly string[] | undefined): readonly string[] {
  return [...(all ?? []), ...value.split(',').filter((one) => one !== '')]
}

/** As `collect`, for values in which a comma means something. */
export function collectWhole(value: string, all: readonly string[] | undefined): readonly string[] {
  return [...(all ?? []), value]
}

/** An instant for the API, or undefined. */
export function past(option: string, text: string | undefined, nowMs: number): string | undefined {
  return text === undefined ? undefined : isoOf(parseInstant(option, text, nowMs, 'ago'))
}

export function ahead(option: string, text: string | undefined, nowMs: number): string | undefined {
  return text === undefined ? undefined : isoOf(parseInstant(option, text, nowMs, 'ahead'))
}

export function stateOf(text: string | undefined): DeliveryState | undefined {
  if (text === undefined) return undefined
  const state = DELIVERY_STATES.find((one) => one === text)
  if (state === undefined)
    throw usageError(`--state ${JSON.stringify(text)} must be one of ${DELIVERY_STATES.join(', ')}.`)
  return state
}

export function wholeNumberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,15}$/.test(text)) throw usageError(`${option} ${JSON.stringify(text)} must be a whole number.`)
  return Number(text)
}

/** `100/60`: so many in so many seconds; null for `none`. */
export function rateLimitOf(
  option: string,
  text: string | undefined,
): { limit: number; window_s: number } | null | undefined {
  if (text === undefined) return undefined
  if (text === 'none') return null
  const match = /^(\d{1,7})\/(\d{1,5}(?:\.\d{1,3})?)$/.exec(text)
  if (!match)
    throw usageError(
      `${option} ${JSON.stringify(text)} must be a count and seconds, such as 100/60, or none.`,
    )
  return { limit: Number(match[1]), window_s: Number(match[2]) }
}

export function jsonOf(option: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw usageError(`${option} is not JSON: ${(error as Error).message}.`)
  }
}

/** Without the fields that were not given. */
export function given<T extends Record<string, unknown>>(
  fields: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}
