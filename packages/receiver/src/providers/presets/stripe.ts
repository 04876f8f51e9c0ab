import { body, defineProvider } from '../provider.ts'

/** `t=SECONDS,v1=HEX[,v1=HEX][,v0=HEX]` over `t.body`; `v0` is a test scheme and never accepted. Live events are tried for 3 days. */
export const stripe = defineProvider({
  name: 'stripe',
  title: 'Stripe',
  docs: ['https://docs.stripe.com/webhooks/signature'],
  secretHint: 'The signing secret of the webhook, whsec_…, used as text.',
  scheme: {
    header: 'Stripe-Signature',
    signed: ['timestamp', { literal: '.' }, 'body'],
    form: { form: 'pairs', timestampKey: 't', signatureKey: 'v1', assign: '=', separator: ',' },
    timestamp: { in: 'signature', unit: 's' },
    id: body('id'),
    type: body('type'),
  },
  retrySpanS: 3 * 86_400,
})
