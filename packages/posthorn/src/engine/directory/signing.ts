import {
  isOutboundSchemeName,
  outboundScheme,
  ReceiverConfigError,
  type SignatureScheme,
  schemeHeaderNames,
} from '@posthorn/receiver'
import { createSyncSigner } from '@posthorn/receiver/node'
import type { Flaw } from '../../domain/error.ts'
import { schemeHeaderFlaw } from '../../domain/headers.ts'
import { SIGNATURE_SCHEMES, type Subscription } from '../../domain/subscription.ts'
import { flawAt, oneOfFlaw } from './flaws.ts'

type Signature = Subscription['signature']

/** Scheme and prefix must be known and may not write headers that are Posthorn's or the transport's. */
export function signatureFlaws({ scheme, headerPrefix }: Signature): Flaw[] {
  if (!isOutboundSchemeName(scheme))
    return flawAt(oneOfFlaw(scheme, SIGNATURE_SCHEMES), 'signature', 'scheme')
  return flawAt(prefixFlaw({ scheme, headerPrefix }), 'signature', 'header_prefix')
}

function prefixFlaw(signature: Signature): string | null {
  if (typeof signature.headerPrefix !== 'string') return 'must be a text such as "X-Webhook"'
  try {
    // The standard schemes ignore the prefix, but it is kept and comes into force with another scheme: all must be fit.
    for (const scheme of SIGNATURE_SCHEMES)
      for (const name of schemeHeaderNames(schemeOf({ ...signature, scheme }))) {
        const flaw = schemeHeaderFlaw(name)
        if (flaw !== null) return `makes the header ${name}, which ${flaw}`
      }
    return null
  } catch (error) {
    if (error instanceof ReceiverConfigError) return 'must be 2 to 64 ASCII letters, digits and hyphens'
    throw error
  }
}

export function schemeOf(signature: Signature): SignatureScheme {
  return outboundScheme(signature.scheme, { headerPrefix: signature.headerPrefix })
}

/** Why a secret cannot sign under a scheme, as a sentence without the secret; null when it can. */
export function secretFlaw(scheme: SignatureScheme, secret: unknown): string | null {
  try {
    createSyncSigner({ scheme, secrets: [secret as string] })
    return null
  } catch (error) {
    if (error instanceof ReceiverConfigError) return (error as Error).message
    throw error
  }
}
