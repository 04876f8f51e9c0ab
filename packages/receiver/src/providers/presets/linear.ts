import { body, defineProvider, header, joined } from '../provider.ts'

/** Hex over the body, whose `webhookTimestamp` is signed with it; the header `Linear-Timestamp` is not signed and not read. */
export const linear = defineProvider({
  name: 'linear',
  title: 'Linear',
  docs: ['https://linear.app/developers/webhooks'],
  secretHint: "The webhook's signing secret.",
  scheme: {
    header: 'Linear-Signature',
    signed: ['body'],
    timestamp: { in: { body: ['webhookTimestamp'] }, unit: 'ms', toleranceS: 60 },
  },
  id: [header('Linear-Delivery')],
  type: [joined('.', body('type'), body('action')), header('Linear-Event')],
  answers: { deadlineMs: 5000 },
})
