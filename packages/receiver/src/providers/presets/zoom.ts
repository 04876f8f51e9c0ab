import { body, defineProvider } from '../provider.ts'

/**
 * As Slack. No event id: deduplicate on the body. The vendor names no tolerance and tries again after 5, 20 and 60 min,
 * so the tolerance reaches over these.
 */
export const zoom = defineProvider({
  name: 'zoom',
  title: 'Zoom',
  docs: ['https://developers.zoom.us/docs/api/webhooks/'],
  secretHint: "The app's secret token.",
  scheme: {
    header: 'x-zm-signature',
    signed: [{ literal: 'v0:' }, 'timestamp', { literal: ':' }, 'body'],
    form: { form: 'value', prefix: 'v0=' },
    timestamp: { in: { header: 'x-zm-request-timestamp' }, unit: 's', toleranceS: 5400 },
  },
  type: [body('event')],
  handshakes: ['zoom'],
  answers: { deadlineMs: 3000 },
  retrySpanS: 5100,
})
