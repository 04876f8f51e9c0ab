import { body, defineProvider } from '../provider.ts'

/** `ts=SECONDS;h1=HEX[;h1=HEX]` over `ts:body`. The tolerance of 5 s is that of Paddle's SDK: keep the clock right. */
export const paddle = defineProvider({
  name: 'paddle',
  title: 'Paddle',
  docs: ['https://developer.paddle.com/webhooks/signature-verification'],
  secretHint: "The notification setting's secret key.",
  scheme: {
    header: 'Paddle-Signature',
    signed: ['timestamp', { literal: ':' }, 'body'],
    form: { form: 'pairs', timestampKey: 'ts', signatureKey: 'h1', assign: '=', separator: ';' },
    timestamp: { in: 'signature', unit: 's', toleranceS: 5 },
  },
  id: [body('event_id')],
  type: [body('event_type')],
  answers: { deadlineMs: 5000 },
  retrySpanS: 3 * 86_400,
})
