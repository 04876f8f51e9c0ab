/** Seals secrets at rest. */
export interface SecretBox {
  seal(secret: string): string
  /** @throws PosthornError `secret_unreadable` when the text was sealed with another key or changed. */
  open(sealed: string): string
}
