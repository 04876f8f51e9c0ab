import { stripVTControlCharacters } from 'node:util'

const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}！-｠]/u
const CONTROLS = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu
const BREAKS = /[^\P{Cc}\n\t]|[\p{Bidi_Control}\u2028\u2029]/gu
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Columns of a terminal that a text takes. Colours take none. */
export function widthOf(text: string): number {
  // Nearly everything we print is ASCII, and a segmenter costs 100 times a regular expression.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text)))
    width += WIDE.test(segment) ? 2 : 1
  return width
}

/** At most `columns` wide, with `…` where something was cut off. Not for text with colours. */
export function clip(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let kept = ''
  let width = 1
  for (const { segment } of graphemes.segment(text)) {
    width += WIDE.test(segment) ? 2 : 1
    if (width > columns) break
    kept += segment
  }
  return `${kept}…`
}

/** Fills up with blanks on the right (or, for numbers, on the left). */
export function pad(text: string, columns: number, right = false): string {
  const blanks = ' '.repeat(Math.max(0, columns - widthOf(text)))
  return right ? blanks + text : text + blanks
}

/**
 * Other people's text as one line that cannot move the cursor, colour the terminal or turn the direction of reading:
 * controls are shown as `\n`, `\x1b`, `\u202e`.
 */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, escaped)
}

/** The same, but line breaks and tabs stay. */
export function harmless(text: string): string {
  return text.replace(BREAKS, escaped)
}

function escaped(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  const code = character.codePointAt(0)!
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}
