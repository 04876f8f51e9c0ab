import { body, defineProvider } from '../provider.ts'

/** A static header; nothing is signed. With the setting JSON lines a request stays one event. */
export const auth0 = defineProvider({
  name: 'auth0',
  title: 'Auth0 log streams',
  docs: ['https://auth0.com/docs/customize/log-streams/custom-log-streams'],
  secretHint: 'The authorization token of the stream, as it stands in the Authorization header.',
  scheme: { header: 'Authorization', algorithm: 'token', signed: [] },
  id: [body('log_id'), body('id')],
  type: [body('type'), body('data.type')],
  items: {
    paths: [[]],
    bytes: 'exact',
    id: [body('log_id'), body('id')],
    type: [body('type'), body('data.type')],
  },
})
