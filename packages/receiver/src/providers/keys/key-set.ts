import { ed25519Material } from '../../crypto/public-keys.ts'
import { fromBase64 } from '../../encoding.ts'
import { type FetchedKeys, type KeyUrlRule, own, ownText } from '../code/code.ts'
import { KeyStore, type ReadKeys } from './key-store.ts'

/** A provider has one or two, and three while it changes them. */
const MAX_KEYS = 16

/** ed25519 keys in a JSON Web Key Set (RFC 7517, RFC 8037) at a URL that does not change. All of them are tried. */
export function keySet(rule: KeyUrlRule): FetchedKeys {
  return { ...rule, open: (parts) => new KeyStore(parts, readKeySet) }
}

function readKeySet(text: string): ReadKeys {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { problem: 'is no JSON' }
  }
  const list = own(json, 'keys')
  if (!Array.isArray(list)) return { problem: 'is no key set: "keys" must be a list' }
  const keys = list.slice(0, MAX_KEYS).flatMap((jwk) => {
    // Others are not meant for this: RFC 7517 wants them skipped.
    if (ownText(jwk, 'kty') !== 'OKP' || ownText(jwk, 'crv') !== 'Ed25519') return []
    if ((ownText(jwk, 'use') ?? 'sig') !== 'sig') return []
    const bytes = fromBase64(ownText(jwk, 'x') ?? '', 'any')
    return bytes?.length === 32 ? [ed25519Material(bytes)] : []
  })
  return keys.length === 0 ? { problem: 'is a key set without an ed25519 key' } : { keys }
}
