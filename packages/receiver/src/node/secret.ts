import { toBase64 } from '../encoding.ts'
import { ReceiverConfigError } from '../errors.ts'
import { isOutboundSchemeName, type OutboundSchemeName } from '../schemes/outbound.ts'
import { publicKeyOfSeed } from './crypto.ts'

/**
 * A new secret from 32 random bytes: `whsk_` with seed and public key for `standard-ed25519`, else `whsec_` and base64
 * (which the schemes with text keys use as it stands, as Stripe does).
 *
 * @throws ReceiverConfigError `scheme_unknown`; `option_invalid` when there are not 32 bytes
 */
export function generateSecret(schemeName: OutboundSchemeName, randomBytes: Uint8Array): string {
  if (!isOutboundSchemeName(schemeName))
    throw new ReceiverConfigError('scheme_unknown', `There is no scheme ${JSON.stringify(schemeName)}.`)
  if (randomBytes.length !== 32)
    throw new ReceiverConfigError(
      'option_invalid',
      `A secret needs 32 random bytes, not ${randomBytes.length}.`,
    )
  if (schemeName !== 'standard-ed25519') return `whsec_${toBase64(randomBytes)}`
  return `whsk_${toBase64(Uint8Array.from([...randomBytes, ...publicKeyOfSeed(randomBytes)]))}`
}
