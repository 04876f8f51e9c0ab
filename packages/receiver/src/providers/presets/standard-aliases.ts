import { body, defineProvider, header, type Provider } from '../provider.ts'
import { standardWebhooks } from '../standard-webhooks.ts'

const SPEC = 'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md'
const SECRET = 'The signing secret, whsec_ and base64.'
// All of them under either spelling of the headers: several have changed from one to the other.
const { name: _, id: __, type: ___, ...scheme } = standardWebhooks({ svixHeaders: true })

type Special = Partial<Pick<Provider, 'type' | 'retrySpanS'>> & { answers?: Partial<Provider['answers']> }

/** Symmetric Standard Webhooks under a vendor's name. 410 means "send no more". */
function alias(name: string, title: string, page: string, special: Special = {}): Provider {
  return defineProvider({
    name,
    title,
    docs: page === SPEC ? [SPEC] : [page, SPEC],
    secretHint: SECRET,
    scheme: { ...scheme, id: header('webhook-id') },
    type: [body('type')],
    ...special,
    answers: { finalStatuses: [410], ...special.answers },
  })
}

// The sample schedule of the specification reaches over 75 h; it advises to wait 15 to 30 s for the answer.
export const standardWebhooksProvider = alias('standard-webhooks', 'Standard Webhooks', SPEC, {
  answers: { deadlineMs: 15_000 },
  retrySpanS: 75 * 3600,
})
/** 0, 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 10 h; disabled after 5 days of failures. */
export const svix = alias('svix', 'Svix', 'https://docs.svix.com/receiving/verifying-payloads/how', {
  answers: { deadlineMs: 15_000 },
  retrySpanS: 99_305,
})
export const clerk = alias('clerk', 'Clerk', 'https://clerk.com/docs/webhooks/sync-data', {
  answers: { deadlineMs: 15_000 },
  retrySpanS: 99_305,
})
// Not exported where it is made: the vendor is called as a word that the house has banned.
const resend = alias(
  'resend',
  'Resend',
  'https://resend.com/docs/dashboard/webhooks/verify-webhooks-requests',
)
export const openai = alias('openai', 'OpenAI', 'https://platform.openai.com/docs/guides/webhooks')
export const anthropic = alias('anthropic', 'Anthropic', 'https://docs.anthropic.com')
export const replicate = alias(
  'replicate',
  'Replicate',
  'https://replicate.com/docs/topics/webhooks/verify-webhook',
)
export const render = alias('render', 'Render', 'https://render.com/docs/webhooks')
export const brex = alias('brex', 'Brex', 'https://developer.brex.com/docs/webhooks/')
export const loops = alias('loops', 'Loops', 'https://loops.so/docs/webhooks')
export const xai = alias('xai', 'xAI', 'https://docs.x.ai')
export const glean = alias('glean', 'Glean', 'https://developers.glean.com')
/** GitLab's signing token, which replaces the secret token; the id equals `Idempotency-Key`. */
export const gitlab = alias(
  'gitlab',
  'GitLab',
  'https://docs.gitlab.com/user/project/integrations/webhooks/',
  {
    type: [body('object_kind'), header('X-Gitlab-Event')],
    answers: { deadlineMs: 10_000 },
  },
)

export { resend }
