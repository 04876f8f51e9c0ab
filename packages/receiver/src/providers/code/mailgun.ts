import { decodeSignature } from '../../encoding.ts'
import { quoted, refusal } from '../../verify/refusal.ts'
import { checkTimestamp } from '../../verify/timestamp.ts'
import { own, ownText, type ProviderCode } from './code.ts'
import { verifyByCode } from './verify-by-code.ts'

const TOKEN = /^[A-Za-z0-9]{20,128}$/

/**
 * The signature covers a time stamp and a random token, nothing else: whoever has seen one can put it before any body.
 * So each token must be accepted once only; keep `oneTimeToken` together with the event.
 */
export const mailgunCode: ProviderCode = {
  verifier: verifyByCode,
  headers: [],
  read({ payload, toleranceS, nowMs }) {
    const signed = own(payload(), 'signature')
    const text = ownText(signed, 'signature')
    if (!text) return refusal('signature_missing', 'no "signature.signature" in the body')
    const signature = decodeSignature(text, 'hex')
    if (!signature) return refusal('signature_malformed', 'the signature is not hex')
    const token = ownText(signed, 'token')
    if (!token || !TOKEN.test(token))
      return refusal('body_malformed', '"signature.token" must be 20 to 128 letters and digits')
    const stamp = own(signed, 'timestamp')
    if (stamp === undefined) return refusal('timestamp_missing', 'no "signature.timestamp" in the body')
    if (typeof stamp !== 'string' && typeof stamp !== 'number')
      return refusal('timestamp_malformed', `"signature.timestamp" is ${quoted(typeof stamp)}`)
    const checked = checkTimestamp({ unit: 's' }, toleranceS, String(stamp), nowMs)
    if (!checked.ok) return checked
    return {
      ok: true,
      checks: [{ contents: [[`${stamp}${token}`]], signatures: [signature] }],
      timestampMs: checked.timestampMs,
      oneTimeToken: token,
    }
  },
}
