import type { VerifyRequest } from '@posthorn/receiver'
import { nodeCrypto } from '@posthorn/receiver/node'
import { createProviderReceiver, type ProviderReceiver, publicUrlOf } from '@posthorn/receiver/providers'
import type { InboxSettings } from './inbox-settings.ts'
import type { Keys } from './keys.ts'

const CRYPTO = nodeCrypto()

/**
 * Verifies requests of a source; at once, unless a key must be fetched.
 * @throws ReceiverConfigError for secrets or settings that cannot be used
 */
export function receiverOf(
  { provider, secrets, settings, toleranceS, bodyLimitBytes }: InboxSettings,
  keys: Keys,
  clock: () => number,
): ProviderReceiver {
  return createProviderReceiver({
    ...{ provider, secrets, settings, clock },
    ...{ crypto: CRYPTO, fetchKey: keys.fetch, maxBodyBytes: bodyLimitBytes },
    ...(toleranceS === null ? {} : { toleranceS }),
  })
}

/** The request as its sender has signed it: with the URL that he called, where the scheme signs that. */
export function asSigned<R extends VerifyRequest>({ provider, publicUrl }: InboxSettings, request: R): R {
  if (publicUrl === null || !provider.scheme.signed.includes('url')) return request
  return { ...request, url: publicUrlOf(publicUrl, request.url ?? '') }
}
