/**
 * Characters that are seen by what they do, not by a shape: controls, marks of direction, zero-width ones, lone
 * surrogates. Text of strangers may use them to look like other text.
 */
export const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** The text with hidden characters written as `\u202e`; line breaks and tabs stay. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** On one line, cut off. */
export function excerpt(text: string, chars: number): string {
  const line = visible(text.length > chars * 2 ? text.slice(0, chars * 2) : text).replaceAll(/\s+/g, ' ')
  return line.length > chars ? `${line.slice(0, chars - 1)}…` : line
}
