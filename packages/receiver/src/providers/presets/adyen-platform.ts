import { body, defineProvider } from '../provider.ts'

/** Base64 over the whole body, in a header. */
export const adyenPlatform = defineProvider({
  name: 'adyen-platform',
  title: 'Adyen platforms and management',
  docs: ['https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures'],
  secretHint: 'The HMAC key of the webhook, hex.',
  scheme: { header: 'hmacsignature', key: 'hex', encoding: 'base64', signed: ['body'] },
  type: [body('type'), body('eventType')],
  answers: { deadlineMs: 10_000, success: { status: 200, body: '[accepted]' } },
})
