import { publicKeys } from '../../crypto/public-keys.ts'
import { body, defineProvider } from '../provider.ts'

/**
 * ECDSA over the time stamp and the body. The vendor names no tolerance and tries for 24 h, so the tolerance is that: a
 * shorter one might refuse what it tries again.
 */
export const sendgrid = defineProvider({
  name: 'sendgrid',
  title: 'SendGrid',
  docs: [
    'https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
  ],
  secretHint: 'The public key of the signed event webhook, base64.',
  publicKeys,
  scheme: {
    header: 'X-Twilio-Email-Event-Webhook-Signature',
    algorithm: 'ecdsa-p256',
    signed: ['timestamp', 'body'],
    timestamp: { in: { header: 'X-Twilio-Email-Event-Webhook-Timestamp' }, unit: 's', toleranceS: 86_400 },
  },
  items: { paths: [[]], bytes: 'exact', id: [body('sg_event_id')], type: [body('event')] },
  retrySpanS: 86_400,
})
