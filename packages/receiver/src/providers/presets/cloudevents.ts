import { body, defineProvider, header, joined } from '../provider.ts'

/** A bearer token; nothing is signed. Binary, structured and batched. A token in the query is not taken: it would end up in logs. */
export const cloudevents = defineProvider({
  name: 'cloudevents',
  title: 'CloudEvents over HTTP',
  docs: ['https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md'],
  secretHint: 'The bearer token that the sender was given.',
  scheme: {
    header: 'Authorization',
    algorithm: 'token',
    signed: [],
    form: { form: 'value', prefix: 'Bearer ' },
  },
  id: [joined(' ', header('ce-source'), header('ce-id')), joined(' ', body('source'), body('id'))],
  type: [header('ce-type'), body('type')],
  items: { paths: [[]], bytes: 'exact', id: [joined(' ', body('source'), body('id'))], type: [body('type')] },
  handshakes: ['cloudevents'],
  answers: { finalStatuses: [410, 415] },
})
