export interface Mail {
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
}

export interface Mailer {
  /** Resolves when the server has taken it over. Gives up after 30 s. Rejects with why it was not taken. */
  send(mail: Mail): Promise<void>
  close(): void
}
