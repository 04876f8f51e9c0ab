import type { VerifyRequest } from '@posthorn/receiver'
import { nodeCrypto } from '@posthorn/receiver/node'
import {
  createProviderReceiver,
  PROVIDERS,
  type ProviderReceiver,
  type ProviderReceiverOptions,
  type ProviderResult,
} from '@posthorn/receiver/providers'
import { NOW, type Sample, type SampleRequest } from './sample.ts'

/** A receiver with the sample's secret and settings, at the instant at which the samples were signed. */
export function receiverOf(sample: Sample, options: Partial<ProviderReceiverOptions> = {}): ProviderReceiver {
  return createProviderReceiver({
    provider: PROVIDERS[sample.name],
    crypto: nodeCrypto(),
    clock: () => NOW,
    ...(sample.secret === undefined ? {} : { secrets: [sample.secret] }),
    ...(sample.settings === undefined ? {} : { settings: sample.settings }),
    ...(sample.fetchKey === undefined ? {} : { fetchKey: sample.fetchKey }),
    ...options,
  })
}

/** With node:crypto and with WebCrypto, which must agree. */
export async function verifyBoth(
  sample: Sample,
  request: VerifyRequest,
  options: Partial<ProviderReceiverOptions> = {},
): Promise<ProviderResult> {
  const node = await receiverOf(sample, options).verify(request)
  const web = await receiverOf(sample, { ...options, crypto: undefined }).verify(request)
  if (told(node) !== told(web)) throw new Error(`node:crypto says ${told(node)}, WebCrypto ${told(web)}`)
  return node
}

/** With what is found in the body, which is there as accessors. */
function told(result: ProviderResult): string {
  if (!result.ok) return JSON.stringify(result)
  const { id, type, payload, oneTimeToken } = result
  return JSON.stringify({ ...result, id, type, payload, oneTimeToken })
}

export const reason = (result: ProviderResult): string => (result.ok ? 'accepted' : result.reason)

/** The request with its signature passed through `change`; undefined takes it away. */
export function withSignature(
  { place, request }: Sample,
  change: (signature: string) => string | undefined,
): SampleRequest {
  if ('header' in place) {
    const { [place.header]: signature = '', ...headers } = request.headers
    const changed = change(signature)
    return { ...request, headers: changed === undefined ? headers : { ...headers, [place.header]: changed } }
  }
  const payload: unknown = JSON.parse(request.body.toString())
  let at = payload as Record<string, unknown>
  for (const key of place.path.slice(0, -1)) at = at[key] as Record<string, unknown>
  const last = place.path.at(-1) ?? ''
  const changed = change(String(at[last]))
  if (changed === undefined) delete at[last]
  else at[last] = changed
  return { ...request, body: Buffer.from(JSON.stringify(payload)) }
}
