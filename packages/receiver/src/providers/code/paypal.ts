import { decodeSignature } from '../../encoding.ts'
import { quoted, refusal } from '../../verify/refusal.ts'
import { certificates } from '../keys/certificates.ts'
import { singleHeader } from '../single-header.ts'
import { type ProviderCode, pinnedUrl } from './code.ts'
import { crc32 } from './crc32.ts'
import { verifyByCode } from './verify-by-code.ts'

const NAMES = ['id', 'time', 'sig', 'cert-url', 'auth-algo'] as const
const headerOf = (name: (typeof NAMES)[number]): string =>
  name === 'id' || name === 'time' || name === 'sig' ? `paypal-transmission-${name}` : `paypal-${name}`

// Any other host, or another path on this one where somebody may put a file, would let him sign.
const KEY_URLS = {
  host: /^(?:[a-z0-9-]+\.)+paypal\.com$/,
  path: /^\/v1\/notifications\/certs\/[A-Za-z0-9_-]+$/,
}

/** `id|time|webhook id|crc32 of the body`, RSA with SHA-256. The webhook id is configured: it is not in the request. */
export const paypalCode: ProviderCode = {
  verifier: verifyByCode,
  headers: NAMES.map(headerOf),
  keyUrls: certificates(KEY_URLS),
  read({ headers, body, settings }) {
    const values = new Map<string, string>()
    for (const name of NAMES) {
      const found = singleHeader(headers, headerOf(name))
      if (!found.ok) return found
      values.set(name, found.value)
    }
    const value = (name: (typeof NAMES)[number]): string => values.get(name) ?? ''
    if (value('auth-algo') !== 'SHA256withRSA')
      return refusal('signature_unsupported', `the algorithm is ${quoted(value('auth-algo'))}`)
    const signature = decodeSignature(value('sig'), 'base64')
    if (!signature) return refusal('signature_malformed', 'the signature is not base64')
    // A separator inside a part would let the parts be cut elsewhere.
    if (value('id').includes('|') || value('time').includes('|'))
      return refusal('id_malformed', 'the transmission id or time contains "|"')
    const keyUrl = pinnedUrl(KEY_URLS, value('cert-url'))
    if (!keyUrl) return refusal('key_refused', `${quoted(value('cert-url'))} is no certificate of PayPal`)
    const webhookIds = settings.webhookId ?? []
    const checksum = crc32(body)
    const contents = webhookIds.map((id) => [`${value('id')}|${value('time')}|${id}|${checksum}`])
    const time = Date.parse(value('time'))
    return {
      ok: true,
      checks: [{ contents, signatures: [signature] }],
      keyUrl,
      timestampMs: Number.isNaN(time) ? undefined : time,
    }
  },
}
