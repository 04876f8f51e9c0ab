import { completeScheme } from '../schemes/complete.ts'
import type { SignatureScheme } from '../schemes/scheme.ts'

/**
 * GitHub: `X-Hub-Signature-256: sha256=HEX` over the body, which may be a form. There is no time stamp, and the
 * id and the type are not signed. The id is the same when a delivery is sent again by hand.
 * Source: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function github(): SignatureScheme {
  return completeScheme({
    name: 'github',
    header: 'X-Hub-Signature-256',
    signed: ['body'],
    form: { form: 'value', prefix: 'sha256=' },
    id: { header: 'X-GitHub-Delivery' },
    type: { header: 'X-GitHub-Event' },
  })
}
