import { body, defineProvider, joined } from '../provider.ts'

/** Base64 over the body. Answers must be empty; the intent to receive sends good and bad signatures. Events are thin and have no id. */
export const xero = defineProvider({
  name: 'xero',
  title: 'Xero',
  docs: ['https://developer.xero.com/documentation/guides/webhooks/overview/'],
  secretHint: "The webhook's signing key.",
  scheme: { header: 'x-xero-signature', signed: ['body'], encoding: 'base64' },
  items: {
    paths: [['events']],
    bytes: 'exact',
    id: [],
    type: [joined('.', body('eventCategory'), body('eventType'))],
  },
  handshakes: ['xero'],
  answers: { deadlineMs: 5000, refusal: { status: 401, body: '' }, success: { status: 200, body: '' } },
})
