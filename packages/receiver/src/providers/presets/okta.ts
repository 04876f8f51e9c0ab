import { body, defineProvider } from '../provider.ts'

/** A static header; nothing is signed. */
export const okta = defineProvider({
  name: 'okta',
  title: 'Okta event hooks',
  docs: ['https://developer.okta.com/docs/concepts/event-hooks/'],
  secretHint: 'The value of the authentication field; the header that carries it is Authorization.',
  scheme: { header: 'Authorization', algorithm: 'token', signed: [] },
  id: [body('eventId')],
  type: [body('eventType')],
  items: { paths: [['data', 'events']], bytes: 'exact', id: [body('uuid')], type: [body('eventType')] },
  handshakes: ['okta'],
  // 3 s is what third parties say.
  answers: { deadlineMs: 3000 },
})
