import { body, defineProvider } from '../provider.ts'

/** `sha1=HEX` over the body. */
export const intercom = defineProvider({
  name: 'intercom',
  title: 'Intercom',
  docs: ['https://developers.intercom.com/docs/webhooks/setting-up-webhooks'],
  secretHint: "The app's client secret.",
  scheme: {
    header: 'X-Hub-Signature',
    algorithm: 'hmac-sha1',
    signed: ['body'],
    form: { form: 'value', prefix: 'sha1=' },
  },
  id: [body('id')],
  type: [body('topic')],
  // Third parties say: within 5 s.
  answers: { deadlineMs: 5000 },
})
