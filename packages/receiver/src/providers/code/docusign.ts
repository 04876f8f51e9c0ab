import { decodeSignature } from '../../encoding.ts'
import { refusal } from '../../verify/refusal.ts'
import type { ProviderCode } from './code.ts'
import { verifyByCode } from './verify-by-code.ts'

/** One header for each key in force; the vendor allows a hundred. */
const HEADERS = Array.from({ length: 100 }, (_, index) => `x-docusign-signature-${index + 1}`)

export const docusignCode: ProviderCode = {
  verifier: verifyByCode,
  headers: HEADERS,
  read({ headers, body }) {
    const texts = HEADERS.flatMap((name) => headers.get(name) ?? []).filter((text) => text !== '')
    if (texts.length === 0) return refusal('signature_missing', 'no header "X-DocuSign-Signature-1"')
    if (texts.length > HEADERS.length)
      return refusal('header_duplicated', `${texts.length} signatures, more than ${HEADERS.length}`)
    const signatures = texts
      .map((text) => decodeSignature(text, 'base64'))
      .filter((bytes) => bytes !== undefined)
    if (signatures.length === 0) return refusal('signature_malformed', 'no signature is base64')
    return { ok: true, checks: [{ contents: [[body]], signatures }] }
  },
}
