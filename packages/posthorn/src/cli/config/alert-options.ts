/** Options about how alerts reach people: a part of the table. */
import { option } from './option.ts'
import { mailFrom, smtpUrl } from './parse.ts'

export const ALERT_OPTIONS = {
  smtpUrl: option<string | null>({
    flag: '--smtp-url',
    variable: 'POSTHORN_SMTP_URL',
    value: 'URL',
    description: 'The mail server for alerts; smtps:// with TLS from the start. Needs --mail-from.',
    initial: null,
    initialText: 'none: alerts go out as events and to Slack only',
    range: 'an smtp:// or smtps:// URL',
    parse: smtpUrl,
    secret: true,
  }),
  mailFrom: option<string | null>({
    flag: '--mail-from',
    variable: 'POSTHORN_MAIL_FROM',
    value: 'ADDRESS',
    description: 'From whom e-mails about alerts come.',
    initial: null,
    initialText: 'none',
    range: 'an e-mail address',
    parse: mailFrom,
  }),
} as const
