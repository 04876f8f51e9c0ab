import type { FetchKey, Provider } from '@posthorn/receiver/providers'
import { Keys } from '../../engine/receive/keys.ts'
import { VERSION } from '../../instance/version.ts'
import { createHttpTransport } from '../../transport/http/index.ts'
import type { Context } from '../context.ts'

/** Runs `use` with what gets the keys of a provider that has no secret, by the same guarded way as the server. */
export async function withFetchedKeys<T>(
  { code }: Provider,
  { clock }: Context,
  use: (fetchKey: FetchKey | undefined) => Promise<T>,
): Promise<T> {
  if (code?.keyUrls === undefined) return await use(undefined)
  const transport = createHttpTransport({ allowHttp: false, allowNetworks: [], clock })
  const keys = new Keys({ transport, clock, userAgent: `Posthorn/${VERSION}` })
  try {
    return await use(keys.fetch)
  } finally {
    keys.close()
    await transport.close()
  }
}
