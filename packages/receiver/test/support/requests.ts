import {
  createReceiver,
  OUTBOUND_SCHEME_NAMES,
  type OutboundSchemeName,
  outboundScheme,
  type ReceiverOptions,
  type VerifyRequest,
  type VerifyResult,
} from '@posthorn/receiver'
import { createSyncReceiver, createSyncSigner, generateSecret } from '@posthorn/receiver/node'

/** The instant at which every test stands still. */
export const NOW = 1_700_000_000_500

export const SCHEMES: readonly OutboundSchemeName[] = OUTBOUND_SCHEME_NAMES

export const secretOf = (name: OutboundSchemeName, fill = 1): string =>
  generateSecret(name, new Uint8Array(32).fill(fill))

export type MutableRequest = { headers: Record<string, string>; body: Uint8Array }

/** A request that Posthorn would send now. */
export function signed(
  name: OutboundSchemeName,
  body: Uint8Array | string = '{"id":"evt_1","type":"order.paid","note":"café ☃"}',
  { timestampMs = NOW, secrets = [secretOf(name)] }: { timestampMs?: number; secrets?: string[] } = {},
): MutableRequest {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  const message = { id: 'evt_1', timestampMs, type: 'order.paid', deliveryId: 'dlv_1', body: bytes }
  const headers = createSyncSigner({ scheme: outboundScheme(name), secrets }).sign(message)
  return { headers: Object.fromEntries(headers), body: bytes }
}

/** Verifies with WebCrypto and with node:crypto and insists that both say the same. */
export async function verifyBoth(
  options: Omit<ReceiverOptions, 'clock'> & { clock?: () => number },
  request: VerifyRequest,
): Promise<VerifyResult> {
  const whole = { clock: () => NOW, ...options }
  const web = await createReceiver(whole).verify(request)
  const node = createSyncReceiver(whole).verify(request)
  // Without the payload, which may be too deep to write.
  const plain = (result: VerifyResult) =>
    JSON.stringify(result.ok ? { ...result, id: result.id, type: result.type, payload: undefined } : result)
  if (plain(web) !== plain(node)) throw new Error(`WebCrypto says ${plain(web)}, node:crypto ${plain(node)}`)
  return node
}

/** The reason of a refusal, or 'accepted'. */
export async function reasonOf(
  options: Parameters<typeof verifyBoth>[0],
  request: VerifyRequest,
): Promise<string> {
  const result = await verifyBoth(options, request)
  return result.ok ? 'accepted' : result.reason
}
