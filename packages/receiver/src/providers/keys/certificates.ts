import { spkiMaterial } from '../../crypto/public-keys.ts'
import { parseCertificate } from '../../crypto/x509.ts'
import type { FetchedKeys, KeyUrlRule } from '../code/code.ts'
import { KeyStore, type ReadKeys } from './key-store.ts'

/** Keys in X.509 certificates, whose URL a request names. Their dates are checked; trust comes from the host. */
export function certificates(rule: KeyUrlRule): FetchedKeys {
  return {
    ...rule,
    open: (parts) => {
      const store = new KeyStore(parts, readCertificate)
      // A certificate never changes at its URL.
      return { get: (url, algorithm) => store.get(url, algorithm) }
    },
  }
}

function readCertificate(text: string, nowMs: number): ReadKeys {
  const certificate = parseCertificate(text)
  if (!certificate) return { problem: 'is no certificate' }
  const { spki, notBefore, notAfter } = certificate
  if (nowMs < notBefore || nowMs > notAfter) return { problem: 'is a certificate that is not valid now' }
  return { keys: [spkiMaterial(spki)], notAfter }
}
