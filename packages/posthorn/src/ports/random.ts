/** Chance. The system's source is cryptographic; tests use a seeded one. */
export interface Random {
  bytes(count: number): Uint8Array
  /** In [0, 1). */
  unit(): number
}
