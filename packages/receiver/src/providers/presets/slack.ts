import { body, defineProvider } from '../provider.ts'

/** `v0=HEX` over `v0:timestamp:body`. Commands and interactivity are forms, the latter with JSON in `payload`. 3 tries: at once, 1, 5 min. */
export const slack = defineProvider({
  name: 'slack',
  title: 'Slack',
  docs: ['https://docs.slack.dev/authentication/verifying-requests-from-slack'],
  secretHint: "The app's signing secret.",
  scheme: {
    header: 'X-Slack-Signature',
    signed: [{ literal: 'v0:' }, 'timestamp', { literal: ':' }, 'body'],
    form: { form: 'value', prefix: 'v0=' },
    timestamp: { in: { header: 'X-Slack-Request-Timestamp' }, unit: 's' },
  },
  id: [body('event_id')],
  type: [body('event.type'), body('type')],
  formField: 'payload',
  handshakes: ['slack'],
  answers: { deadlineMs: 3000 },
  retrySpanS: 360,
})
