import { body, defineProvider } from '../provider.ts'

/** `t=MILLISECONDS, v1=HEX`, with a space, over `t.body`. */
export const workos = defineProvider({
  name: 'workos',
  title: 'WorkOS',
  docs: ['https://workos.com/docs/events/data-syncing/webhooks'],
  secretHint: "The webhook's signing secret.",
  scheme: {
    header: 'WorkOS-Signature',
    signed: ['timestamp', { literal: '.' }, 'body'],
    form: { form: 'pairs', timestampKey: 't', signatureKey: 'v1', assign: '=', separator: ',' },
    timestamp: { in: 'signature', unit: 'ms', toleranceS: 180 },
  },
  id: [body('id')],
  type: [body('event')],
})
