import { body, defineProvider } from '../provider.ts'

/** `sha256=BASE64` over the body. 404 and 410 turn the webhook off at once. */
export const typeform = defineProvider({
  name: 'typeform',
  title: 'Typeform',
  docs: ['https://www.typeform.com/developers/webhooks/secure-your-webhooks/'],
  secretHint: "The webhook's secret.",
  scheme: {
    header: 'Typeform-Signature',
    signed: ['body'],
    encoding: 'base64',
    form: { form: 'value', prefix: 'sha256=' },
  },
  id: [body('event_id')],
  type: [body('event_type')],
  answers: { deadlineMs: 30_000, finalStatuses: [404, 410] },
  retrySpanS: 36_000,
})
