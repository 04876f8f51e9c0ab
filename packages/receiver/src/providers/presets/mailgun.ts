import { mailgunCode } from '../code/mailgun.ts'
import { body, defineProvider } from '../provider.ts'

/**
 * The signature in the body covers a time stamp and a token, **not the body**: see `oneTimeToken`, and use https. The
 * vendor names no tolerance and tries for 8 h 5 min, so the tolerance is 9 h.
 */
export const mailgun = defineProvider({
  name: 'mailgun',
  title: 'Mailgun',
  docs: ['https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks'],
  secretHint: 'The HTTP webhook signing key.',
  scheme: {
    header: 'X-Mailgun',
    signed: ['body'],
    timestamp: { in: { body: ['signature', 'timestamp'] }, unit: 's', toleranceS: 32_400 },
  },
  code: mailgunCode,
  id: [body('event-data.id')],
  type: [body('event-data.event')],
  answers: { finalStatuses: [406] },
  retrySpanS: 29_100,
})
