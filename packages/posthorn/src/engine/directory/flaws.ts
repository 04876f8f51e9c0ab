import { type ErrorCode, type Flaw, PosthornError } from '../../domain/error.ts'
import { inWords, pointer } from '../../domain/pointer.ts'

const CONTROLS = /\p{Cc}/u
/** Line breaks and tabs are at home in a description. */
const CONTROLS_BUT_WHITE_SPACE = /[^\P{Cc}\n\r\t]/u

export function textFlaw(text: unknown, max: number): string | null {
  if (typeof text !== 'string') return 'must be a text'
  if (text.trim() === '') return 'is empty'
  return lengthFlaw(text, max)
}

export function lineFlaw(text: unknown, max: number): string | null {
  return textFlaw(text, max) ?? (CONTROLS.test(text as string) ? 'has control characters' : null)
}

export function descriptionFlaw(text: unknown, max: number): string | null {
  if (typeof text !== 'string') return 'must be a text'
  return lengthFlaw(text, max) ?? (CONTROLS_BUT_WHITE_SPACE.test(text) ? 'has control characters' : null)
}

function lengthFlaw(text: string, max: number): string | null {
  if (text.length > max) return `has ${text.length} characters, at most ${max} are allowed`
  return text.isWellFormed() ? null : 'has half a character (an unpaired surrogate)'
}

export function wholeNumberFlaw(value: unknown, min: number, max: number): string | null {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
    ? null
    : `must be a whole number from ${min} to ${max}`
}

export function numberFlaw(value: unknown, min: number, max: number): string | null {
  return typeof value === 'number' && value >= min && value <= max
    ? null
    : `must be a number from ${min} to ${max}`
}

export function oneOfFlaw(value: unknown, allowed: readonly unknown[]): string | null {
  return allowed.includes(value)
    ? null
    : `must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A flaw as a list, so that checks can be strung together. */
export function flawAt(message: string | null, ...steps: ReadonlyArray<string | number>): Flaw[] {
  return message === null ? [] : [{ path: pointer(...steps), message }]
}

/** @throws PosthornError that names all of them, if there are any */
export function refuse(flaws: readonly Flaw[], what: string, code: ErrorCode = 'invalid_request'): void {
  if (flaws.length === 0) return
  const list = flaws.map(({ path, message }) => `${inWords(path)} ${message}`).join('; ')
  throw new PosthornError(code, `${what}: ${list}.`, { flaws })
}
