/**
 * The bytes in memory of their own. A body read from a socket is a window into a 64 KiB read: kept as it is it would
 * hold all of that alive, and crossing to another thread would copy all of it (35 µs an event instead of 6).
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.prototype.slice.call(bytes)
}
