export interface Mail {
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
}

export interface Mailer {
  /** Resolves when the server has taken it over. Gives up after 60 s. Rejects with why it was not taken. */
  send(mail: Mail): Promise<void>
  /** What is still on its way is given up. */
  close(): void
}
