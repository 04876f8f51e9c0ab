import { body, defineProvider } from '../provider.ts'

/** Base64 over the notification URL, byte for byte as registered, and the body. */
export const square = defineProvider({
  name: 'square',
  title: 'Square',
  docs: ['https://developer.squareup.com/docs/webhooks/step3validate'],
  secretHint: "The webhook's signature key, used as text.",
  scheme: { header: 'x-square-hmacsha256-signature', signed: ['url', 'body'], encoding: 'base64' },
  id: [body('event_id')],
  type: [body('type')],
  retrySpanS: 86_400,
})
