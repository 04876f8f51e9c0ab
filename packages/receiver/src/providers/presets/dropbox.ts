import { defineProvider } from '../provider.ts'

/** Hex over the body, which names accounts in which something has changed: the same bytes come again and again. */
export const dropbox = defineProvider({
  name: 'dropbox',
  title: 'Dropbox',
  docs: ['https://www.dropbox.com/developers/reference/webhooks'],
  secretHint: 'The app secret.',
  scheme: { header: 'X-Dropbox-Signature', signed: ['body'] },
  type: [{ keyBeside: '' }],
  withoutId: 'nothing',
  items: {
    paths: [
      ['list_folder', 'accounts'],
      ['delta', 'users'],
    ],
    bytes: 'envelope',
    id: [],
    type: [{ keyBeside: '' }],
  },
  handshakes: ['dropbox'],
  answers: { deadlineMs: 10_000 },
})
