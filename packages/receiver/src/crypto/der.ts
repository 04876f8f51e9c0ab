/** The little of DER that is needed: reading what certificates and ECDSA signatures are made of. */
export interface DerValue {
  readonly tag: number
  /** Where it begins, its tag included. */
  readonly start: number
  /** Where its content begins. */
  readonly from: number
  /** The first byte behind it. */
  readonly to: number
}

/** The value that begins at `at`; undefined when it does not end before `end` or is no DER. */
export function derAt(bytes: Uint8Array, at: number, end = bytes.length): DerValue | undefined {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined || at + 2 > end) return undefined
  let length = first
  let from = at + 2
  if (first >= 0x80) {
    const count = first - 0x80
    // Two bytes reach 64 KiB, more than any certificate; DER forbids more than are needed.
    if (count < 1 || count > 2 || from + count > end) return undefined
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + bytes[from + i]!
    from += count
    if (length < 0x80 || (count === 2 && length < 0x100)) return undefined
  }
  const to = from + length
  return to <= end ? { tag, start: at, from, to } : undefined
}

/**
 * An ECDSA signature of P-256 as 64 bytes: undefined unless it is DER in its only correct spelling, so that no byte of
 * a signature can be changed without changing what it means.
 */
export function ecdsaFromDer(signature: Uint8Array): Uint8Array | undefined {
  const whole = derAt(signature, 0)
  if (whole?.tag !== 0x30 || whole.to !== signature.length) return undefined
  const r = derAt(signature, whole.from, whole.to)
  const s = r && derAt(signature, r.to, whole.to)
  if (!s || s.to !== whole.to) return undefined
  const both = new Uint8Array(64)
  for (const [index, value] of [r, s].entries()) {
    const digits = positiveInteger(signature, value)
    if (!digits || digits.length > 32) return undefined
    both.set(digits, index * 32 + 32 - digits.length)
  }
  return both
}

function positiveInteger(bytes: Uint8Array, { tag, from, to }: DerValue): Uint8Array | undefined {
  const content = bytes.subarray(from, to)
  const first = content[0]
  if (tag !== 2 || first === undefined || first >= 0x80) return undefined
  if (first !== 0) return content
  // A leading zero only where the next byte would make the number negative.
  return (content[1] ?? 0) >= 0x80 ? content.subarray(1) : undefined
}
