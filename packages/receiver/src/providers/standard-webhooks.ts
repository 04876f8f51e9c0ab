import { completeScheme } from '../schemes/complete.ts'
import { standard } from '../schemes/outbound.ts'
import type { SignatureScheme } from '../schemes/scheme.ts'

export interface StandardWebhooksOptions {
  /** Accept `svix-id`, `svix-timestamp`, `svix-signature` too, all three together. @default false */
  readonly svixHeaders?: boolean | undefined
}

/**
 * Standard Webhooks, symmetric (`v1`), as many providers send it. Secrets of 24 to 75 bytes, since Svix makes up to 75.
 * For the asymmetric form use `outboundScheme('standard-ed25519')`.
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function standardWebhooks(options: StandardWebhooksOptions = {}): SignatureScheme {
  return completeScheme({
    ...standard('v1'),
    name: 'standard-webhooks',
    key: 'whsec',
    keyBytes: { min: 24, max: 75 },
    encoding: 'base64',
    headerAlias: options.svixHeaders ? ['webhook-', 'svix-'] : undefined,
  })
}
