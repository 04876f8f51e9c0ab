import { createHash } from 'node:crypto'
import { type AnyRow, COPIED, type CopiedKind } from '../../ports/copy.ts'

const KINDS = Object.keys(COPIED) as CopiedKind[]
const HASH_BYTES = 32

/** How many rows of each kind there are, and a hash over all that is in them. Their order does not matter. */
export class CopyDigest {
  readonly #kinds = new Map<CopiedKind, { rows: number; hash: Buffer }>()

  add(kind: CopiedKind, rows: readonly AnyRow[]): void {
    const of = this.#of(kind)
    of.rows += rows.length
    // Each row's hash has its kind and id in it, so that no two are the same and cancel each other out.
    for (const row of rows) {
      const hash = hashOf(kind, row)
      for (let at = 0; at < HASH_BYTES; at += 1) (of.hash[at] as number) ^= hash[at] as number
    }
  }

  rows(kind: CopiedKind): number {
    return this.#of(kind).rows
  }

  total(): number {
    return KINDS.reduce((sum, kind) => sum + this.rows(kind), 0)
  }

  counts(): Record<CopiedKind, number> {
    return Object.fromEntries(KINDS.map((kind) => [kind, this.rows(kind)])) as Record<CopiedKind, number>
  }

  /** What is not the same in the other one. */
  differences(other: CopyDigest): CopiedKind[] {
    return KINDS.filter(
      (kind) => this.rows(kind) !== other.rows(kind) || !this.#of(kind).hash.equals(other.#of(kind).hash),
    )
  }

  /** One text for all; hexadecimal. */
  text(): string {
    const hash = createHash('sha256')
    for (const kind of KINDS) hash.update(`${kind} ${this.rows(kind)} `).update(this.#of(kind).hash)
    return hash.digest('hex')
  }

  #of(kind: CopiedKind): { rows: number; hash: Buffer } {
    let of = this.#kinds.get(kind)
    if (of === undefined) {
      of = { rows: 0, hash: Buffer.alloc(HASH_BYTES) }
      this.#kinds.set(kind, of)
    }
    return of
  }
}

function hashOf(kind: CopiedKind, row: AnyRow): Buffer {
  // Of bytes their hash: that is how a store tells of what it holds.
  const values = Object.entries(COPIED[kind]).map(([field, type]) => {
    const value = row[field] ?? null
    if (!type.startsWith('bytes')) return typeof value === 'string' ? held(value) : value
    return value instanceof Uint8Array ? createHash('sha256').update(value).digest('hex') : value
  })
  return createHash('sha256')
    .update(JSON.stringify([kind, ...values]))
    .digest()
}

/** As a database that knows no U+0000 holds it; what identifies is refused before. */
function held(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text
}
