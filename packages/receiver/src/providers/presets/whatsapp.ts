import { body, defineProvider, joined } from '../provider.ts'

const VALUE = 'entry.0.changes.0.value'

/** As Meta's other webhooks; tried for up to 7 days. */
export const whatsapp = defineProvider({
  name: 'whatsapp',
  title: 'WhatsApp Business',
  docs: ['https://developers.facebook.com/docs/whatsapp/cloud-api/guides/set-up-webhooks'],
  secretHint: 'The app secret.',
  scheme: { header: 'X-Hub-Signature-256', signed: ['body'], form: { form: 'value', prefix: 'sha256=' } },
  type: [body('object')],
  items: {
    paths: [['entry', '*', 'changes', '*', 'value', 'messages|statuses']],
    bytes: 'envelope',
    // One message has one id, and a status for each step it takes.
    id: [
      body(`${VALUE}.messages.0.id`),
      joined('-', body(`${VALUE}.statuses.0.id`), body(`${VALUE}.statuses.0.status`)),
    ],
    type: [joined('.', body('object'), body('entry.0.changes.0.field'))],
  },
  handshakes: ['meta'],
  retrySpanS: 7 * 86_400,
})
