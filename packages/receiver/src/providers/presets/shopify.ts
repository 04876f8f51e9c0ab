import { defineProvider, header } from '../provider.ts'

/**
 * Base64 over the body; no header is signed. 8 tries in 4 hours, after which the subscription is deleted: watch it.
 */
export const shopify = defineProvider({
  name: 'shopify',
  title: 'Shopify',
  docs: ['https://shopify.dev/docs/apps/build/webhooks/subscribe/https'],
  secretHint: "The app's client secret.",
  scheme: { header: 'X-Shopify-Hmac-Sha256', signed: ['body'], encoding: 'base64' },
  id: [header('X-Shopify-Event-Id'), header('X-Shopify-Webhook-Id')],
  type: [header('X-Shopify-Topic')],
  answers: { deadlineMs: 5000 },
  retrySpanS: 4 * 3600,
})
