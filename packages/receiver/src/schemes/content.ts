import type { SignedContent } from '../crypto/port.ts'
import type { SignedPart } from './scheme.ts'

/** Values of the fields that a scheme may sign, as they stand in the request. */
export interface SignedFields {
  readonly id: string
  readonly timestamp: string
  readonly body: Uint8Array
  readonly method: string
  readonly url: string
}

/** The signed content of a request: neighbouring texts joined, the body's bytes as they are. */
export function signedContent(parts: readonly SignedPart[], fields: SignedFields): SignedContent {
  const content: (string | Uint8Array)[] = []
  let text = ''
  for (const part of parts) {
    if (part !== 'body') {
      text += typeof part === 'string' ? fields[part] : part.literal
      continue
    }
    if (text !== '') content.push(text)
    text = ''
    content.push(fields.body)
  }
  if (text !== '') content.push(text)
  return content
}

// Visible ASCII: what every HTTP implementation passes on unchanged, and no white space that a list could split at.
const TOKEN = /^[\x21-\x7e]{1,256}$/

/**
 * What is wrong with an id or a type that goes into a header, or undefined. Ids that are signed next to a separator
 * may not contain it, or else `a.1` + `.` + `2` could be cut into `a` + `.` + `1.2` by whoever replays it.
 */
export function tokenProblem(value: string, forbidden: string): string | undefined {
  if (!TOKEN.test(value)) return 'must be 1 to 256 visible ASCII characters'
  for (const character of forbidden)
    if (value.includes(character)) return `must not contain "${character}", which separates the signed parts`
  return undefined
}

/** Characters an id may not contain: those of the literals right after it in the signed content. */
export function idForbidden(parts: readonly SignedPart[]): string {
  let characters = ''
  parts.forEach((part, index) => {
    const next = parts[index + 1]
    if (part === 'id' && typeof next === 'object') characters += next.literal
  })
  return characters
}
