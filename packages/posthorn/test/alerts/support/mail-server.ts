import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export interface ReceivedMail {
  readonly to: readonly string[]
  /** Headers and text, quoted-printable undone. */
  readonly raw: string
}

/** A real SMTP server that keeps what it is given. */
export class MailServer {
  readonly mails: ReceivedMail[] = []
  /** Answered to each mail in place of taking it. */
  refuse: string | null = null
  readonly #server: SMTPServer

  constructor() {
    this.#server = new SMTPServer({
      ...{ authOptional: true, disabledCommands: ['STARTTLS'], logger: false },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          if (this.refuse !== null) return callback(new Error(this.refuse))
          const to = session.envelope.rcptTo.map(({ address }) => address)
          this.mails.push({ to, raw: decoded(Buffer.concat(chunks).toString()) })
          callback()
        })
      },
    })
  }

  async listen(): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const server = this.#server.listen(0, '127.0.0.1', resolve)
    await promise
    return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

function decoded(text: string): string {
  return text
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
