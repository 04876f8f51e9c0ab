import { createTransport } from 'nodemailer'
import type { Mail, Mailer } from '../../ports/mailer.ts'

export interface MailerOptions {
  /** `smtp://USER:PASSWORD@HOST:587` (STARTTLS where the server has it) or `smtps://…:465`. */
  readonly url: string
  /** Address, or `Name <address>`. */
  readonly from: string
}

/** A connection that hangs is of no use: another try comes later. */
const CONNECT_MS = 10_000
const SILENCE_MS = 10_000

/** E-mail over SMTP. Nothing is kept open: alerts are rare. */
export function createMailer({ url, from }: MailerOptions): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    // A text is a text: no file and no URL is read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send({ to, subject, text }: Mail) {
      await transport.sendMail({ from, to: { name: '', address: to }, subject, text })
    },
    close: () => transport.close(),
  }
}
