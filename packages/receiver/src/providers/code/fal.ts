import { decodeSignature } from '../../encoding.ts'
import { quoted, refusal } from '../../verify/refusal.ts'
import { checkTimestamp } from '../../verify/timestamp.ts'
import { keySet } from '../keys/key-set.ts'
import { singleHeader } from '../single-header.ts'
import type { ProviderCode } from './code.ts'
import { verifyByCode } from './verify-by-code.ts'

const SIGNATURE = 'x-fal-webhook-signature'
const [REQUEST, USER, TIME] = ['request-id', 'user-id', 'timestamp'].map(
  (name) => `x-fal-webhook-${name}`,
) as [string, string, string]
const KEYS = 'https://rest.fal.ai/.well-known/jwks.json'
// Line breaks hold the parts asunder, so none may stand in a part.
const PART = /^[\x21-\x7e]{1,256}$/

/**
 * The request's id, the user's, the time and the SHA-256 of the body, a line each, ed25519. fal signs for all of its
 * users with the same keys, and each of them can have it call any URL: so the user must be on the list.
 */
export const falCode: ProviderCode = {
  verifier: verifyByCode,
  headers: [SIGNATURE, REQUEST, USER, TIME],
  keyUrls: keySet({ host: /^rest\.fal\.ai$/, path: /^\/\.well-known\/jwks\.json$/ }),
  read({ headers, settings, toleranceS, nowMs }) {
    const found = singleHeader(headers, SIGNATURE)
    if (!found.ok) return found
    const signature = decodeSignature(found.value, 'hex')
    if (!signature) return refusal('signature_malformed', 'the signature is not hex')
    const user = singleHeader(headers, USER)
    if (!user.ok) return user
    if (!(settings.userIds ?? []).includes(user.value))
      return refusal('not_allowed', `user ${quoted(user.value)} is not among the userIds`)
    const id = singleHeader(headers, REQUEST)
    if (!id.ok) return id
    if (!PART.test(id.value)) return refusal('id_malformed', `the request's id is ${quoted(id.value)}`)
    const time = singleHeader(headers, TIME)
    if (!time.ok)
      return time.reason === 'signature_missing' ? refusal('timestamp_missing', time.detail) : time
    const checked = checkTimestamp({ unit: 's' }, toleranceS, time.value, nowMs)
    if (!checked.ok) return checked
    const signed = `${id.value}\n${user.value}\n${time.value}\n`
    return {
      ok: true,
      checks: (bodySha256) => [{ contents: [[signed + bodySha256]], signatures: [signature] }],
      keyUrl: KEYS,
      timestampMs: checked.timestampMs,
    }
  },
}
