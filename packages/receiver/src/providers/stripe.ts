import { completeScheme } from '../schemes/complete.ts'
import type { SignatureScheme } from '../schemes/scheme.ts'

/**
 * Stripe: `Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX][,v0=HEX]` over `t.body`. The secret `whsec_…` is used as text.
 * `v0` is a test scheme and never accepted. Source: https://docs.stripe.com/webhooks/signature
 */
export function stripe(): SignatureScheme {
  return completeScheme({
    name: 'stripe',
    header: 'Stripe-Signature',
    signed: ['timestamp', { literal: '.' }, 'body'],
    form: { form: 'pairs', timestampKey: 't', signatureKey: 'v1', assign: '=', separator: ',' },
    timestamp: { in: 'signature', unit: 's' },
    id: { body: ['id'] },
    type: { body: ['type'] },
  })
}
