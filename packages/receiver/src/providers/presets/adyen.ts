import { adyenCode } from '../code/adyen.ts'
import { body, defineProvider, joined } from '../provider.ts'

const ITEM = ['pspReference', 'eventCode', 'success']

/** Each item carries a signature over eight of its fields. `[accepted]` is what the older contract wants to read. */
export const adyen = defineProvider({
  name: 'adyen',
  title: 'Adyen payments',
  docs: ['https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures'],
  secretHint: 'The HMAC key of the webhook, hex.',
  scheme: { header: 'X-Adyen', key: 'hex', encoding: 'base64', signed: ['body'] },
  code: adyenCode,
  items: {
    paths: [['notificationItems']],
    bytes: 'envelope',
    // With the success: of one payment a failure and then a success may come under one reference.
    id: [joined('-', ...ITEM.map((field) => body(`notificationItems.0.NotificationRequestItem.${field}`)))],
    type: [body('notificationItems.0.NotificationRequestItem.eventCode')],
  },
  answers: { deadlineMs: 10_000, success: { status: 200, body: '[accepted]' } },
  retrySpanS: 30 * 86_400,
})
