import { body, defineProvider, header } from '../provider.ts'

/** The old way: the header carries the secret itself, and the body is not signed. */
export const gitlabToken = defineProvider({
  name: 'gitlab-token',
  title: 'GitLab (secret token)',
  docs: ['https://docs.gitlab.com/user/project/integrations/webhooks/'],
  secretHint: "The webhook's secret token.",
  scheme: { header: 'X-Gitlab-Token', algorithm: 'token', signed: [] },
  id: [header('Idempotency-Key'), header('X-Gitlab-Event-UUID')],
  type: [body('object_kind'), header('X-Gitlab-Event')],
  answers: { deadlineMs: 10_000 },
})
