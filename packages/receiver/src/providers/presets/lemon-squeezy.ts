import { body, defineProvider, header } from '../provider.ts'

/** Hex over the body. No event id: deduplicate on the body. */
export const lemonSqueezy = defineProvider({
  name: 'lemon-squeezy',
  title: 'Lemon Squeezy',
  docs: ['https://docs.lemonsqueezy.com/help/webhooks/signing-requests'],
  secretHint: "The webhook's signing secret.",
  scheme: { header: 'X-Signature', signed: ['body'] },
  type: [header('X-Event-Name'), body('meta.event_name')],
})
