/** Bytes of unknown make, shown as text in JSON. */
import { isUtf8 } from 'node:buffer'

/** As text; what is not UTF-8, and NUL, is replaced by U+FFFD. `faithful` tells whether nothing was. */
export function showText(bytes: Uint8Array): { text: string; faithful: boolean } {
  const buffer = asBuffer(bytes)
  const text = buffer.toString('utf8')
  const cleaned = text.replaceAll('\0', '\ufffd')
  return { text: cleaned, faithful: isUtf8(buffer) && cleaned === text }
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** `application/json`, or a type with the suffix `+json`; parameters do not matter. */
export function isJsonType(contentType: string): boolean {
  return /^application\/(?:[^;]+\+)?json *(?:;|$)/i.test(contentType)
}
