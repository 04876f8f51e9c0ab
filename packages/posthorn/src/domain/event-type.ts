import { LIMITS } from './limits.ts'

/** Types under this prefix are Posthorn's own (operational events). */
export const OPERATIONAL_PREFIX = 'posthorn.'

const TYPE = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/
const ODD_CHARACTER = /[^A-Za-z0-9_.-]/u

/** Of Posthorn itself: matched only by filters that name it, never by `*`. */
export function isOperational(type: string): boolean {
  return type.startsWith(OPERATIONAL_PREFIX)
}

/**
 * Why a text is no event type, as the end of a sentence; null when it is one: words of ASCII letters, digits, `_` and
 * `-`, joined by single full stops, 128 characters at most. Case matters.
 *
 * | text | flaw |
 * |---|---|
 * | `user.signed_up` | |
 * | `user..created`, `.user`, `user.` | empty part |
 * | `user created` | character |
 */
export function eventTypeFlaw(type: unknown): string | null {
  if (typeof type !== 'string') return 'must be a text such as "user.signed_up"'
  if (type === '') return 'is empty; give a text such as "user.signed_up"'
  if (type.length > LIMITS.eventTypeChars)
    return `has ${type.length} characters, at most ${LIMITS.eventTypeChars} are allowed`
  if (TYPE.test(type)) return null
  return oddCharacterFlaw(type) ?? 'has an empty part: full stops stand between words, one at a time'
}

const INBOUND_TYPE = /^[\x21-\x7e]+$/
const INVISIBLE = /[^\x21-\x7e]/u

/** As `eventTypeFlaw`, for types of inbound events, which are the provider's choice: any visible ASCII. */
export function inboundTypeFlaw(type: unknown): string | null {
  if (typeof type !== 'string') return 'must be a text such as "orders/create"'
  if (type === '') return 'is empty; give a text such as "orders/create"'
  if (type.length > LIMITS.inboundTypeChars)
    return `has ${type.length} characters, at most ${LIMITS.inboundTypeChars} are allowed`
  if (INBOUND_TYPE.test(type)) return null
  const odd = INVISIBLE.exec(type)
  return `has ${describeCharacter(odd?.[0] ?? '')} as character ${(odd?.index ?? 0) + 1}; only visible ASCII is allowed`
}

/** As `eventTypeFlaw`, for types that somebody wants to publish or to describe: those of Posthorn are reserved. */
export function publishableTypeFlaw(type: unknown): string | null {
  const flaw = eventTypeFlaw(type)
  if (flaw !== null) return flaw
  return isOperational(type as string)
    ? `begins with "${OPERATIONAL_PREFIX}", which is reserved for events of Posthorn itself`
    : null
}

/** Names the first character that may not stand in a type or filter, by its code: it may be an invisible one. */
export function oddCharacterFlaw(text: string): string | null {
  const odd = ODD_CHARACTER.exec(text)
  if (!odd) return null
  return `has ${describeCharacter(odd[0])} as character ${odd.index + 1}; only ASCII letters, digits, "_", "-" and "." are allowed`
}

function describeCharacter(character: string): string {
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
  return /^[\x21-\x7e]$/.test(character) ? `"${character}" (${code})` : code
}
