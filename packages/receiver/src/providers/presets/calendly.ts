import { body, defineProvider, joined } from '../provider.ts'

/** As Stripe. The envelope has no id: what happened, when, and to which resource make one. */
export const calendly = defineProvider({
  name: 'calendly',
  title: 'Calendly',
  docs: ['https://developer.calendly.com/api-docs/ZG9jOjM2MzE2MDM4-webhook-signatures'],
  secretHint: "The webhook subscription's signing key.",
  scheme: {
    header: 'Calendly-Webhook-Signature',
    signed: ['timestamp', { literal: '.' }, 'body'],
    form: { form: 'pairs', timestampKey: 't', signatureKey: 'v1', assign: '=', separator: ',' },
    timestamp: { in: 'signature', unit: 's', toleranceS: 180 },
  },
  id: [joined(' ', body('event'), body('created_at'), body('payload.uri'))],
  type: [body('event')],
  answers: { deadlineMs: 15_000 },
})
