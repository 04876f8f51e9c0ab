import { body, defineProvider, header, joined } from '../provider.ts'

/**
 * `sha256=HEX` over the body, JSON or a form. Neither id nor event name is signed. Nothing is tried again by itself;
 * redelivery by hand within 3 days carries the same id, so deduplication would drop it: let it through on request.
 */
export const github = defineProvider({
  name: 'github',
  title: 'GitHub',
  docs: ['https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries'],
  secretHint: 'The secret that was typed into the webhook.',
  scheme: { header: 'X-Hub-Signature-256', signed: ['body'], form: { form: 'value', prefix: 'sha256=' } },
  id: [header('X-GitHub-Delivery')],
  type: [joined('.', header('X-GitHub-Event'), body('action')), header('X-GitHub-Event')],
  formField: 'payload',
  answers: { deadlineMs: 10_000 },
  retrySpanS: 3 * 86_400,
})
