import { createTransport } from 'nodemailer'
import type { Clock } from '../../ports/clock.ts'
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
/** All in all: a server that says a word every few seconds would keep it up for ever. */
const SEND_MS = 60_000

/** E-mail over SMTP. Nothing is kept open: alerts are rare. */
export function createMailer({ url, from }: MailerOptions, clock: Pick<Clock, 'after'>): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    // A text is a text: no file and no URL is read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const sending = new Set<AbortController>()
  return {
    async send({ to, subject, text }: Mail) {
      const giveUp = new AbortController()
      const late = new Error(`The mail server took longer than ${SEND_MS / 1000} s.`)
      const timer = clock.after(SEND_MS, () => giveUp.abort(late))
      sending.add(giveUp)
      try {
        const mail = { from, to: { name: '', address: to }, subject, text }
        await transport.sendMail({ ...mail, signal: giveUp.signal })
      } catch (error) {
        throw giveUp.signal.aborted ? giveUp.signal.reason : error
      } finally {
        sending.delete(giveUp)
        timer.cancel()
      }
    },
    close() {
      for (const giveUp of sending) giveUp.abort(new Error('This process stops.'))
      transport.close()
    },
  }
}
