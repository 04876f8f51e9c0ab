import { defineProvider, header } from '../provider.ts'

/** `sha256=HEX` over the body, in the header that others use for SHA-1. Tried at once up to twice more, after 5xx only. */
export const bitbucket = defineProvider({
  name: 'bitbucket',
  title: 'Bitbucket Cloud',
  docs: ['https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/'],
  secretHint: "The webhook's secret.",
  scheme: { header: 'X-Hub-Signature', signed: ['body'], form: { form: 'value', prefix: 'sha256=' } },
  id: [header('X-Request-UUID')],
  type: [header('X-Event-Key')],
  answers: { deadlineMs: 10_000 },
  retrySpanS: 60,
})
