import { body, defineProvider, joined } from '../provider.ts'

/** `sha256=HEX` over the body as sent, with its `\uXXXX` escapes. */
export const meta = defineProvider({
  name: 'meta',
  title: 'Meta Graph webhooks',
  docs: ['https://developers.facebook.com/docs/graph-api/webhooks/getting-started'],
  secretHint: 'The app secret.',
  scheme: { header: 'X-Hub-Signature-256', signed: ['body'], form: { form: 'value', prefix: 'sha256=' } },
  type: [body('object')],
  items: {
    paths: [['entry', '*', 'changes']],
    bytes: 'envelope',
    id: [],
    type: [joined('.', body('object'), body('entry.0.changes.0.field'))],
  },
  handshakes: ['meta'],
})
