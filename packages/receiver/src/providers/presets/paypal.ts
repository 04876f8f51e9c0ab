import { publicKeys } from '../../crypto/public-keys.ts'
import { paypalCode } from '../code/paypal.ts'
import { body, defineProvider } from '../provider.ts'

/** RSA over transmission id, time, webhook id and the CRC-32 of the body. A checksum of 32 bits is all that ties the body to it. */
export const paypal = defineProvider({
  name: 'paypal',
  title: 'PayPal',
  docs: ['https://developer.paypal.com/api/rest/webhooks/rest/'],
  secretHint: 'None: PayPal signs with a certificate that is fetched.',
  publicKeys,
  scheme: { header: 'PAYPAL-TRANSMISSION-SIG', algorithm: 'rsa-sha256', signed: ['body'] },
  code: paypalCode,
  settings: [
    { name: 'webhookId', required: true, many: true, hint: 'the id that PayPal gave to the webhook' },
  ],
  id: [body('id')],
  type: [body('event_type')],
  // 3 days is what third parties say.
  retrySpanS: 3 * 86_400,
})
