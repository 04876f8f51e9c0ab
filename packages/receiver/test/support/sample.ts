import { createHmac } from 'node:crypto'
import type { FetchKey, ProviderName } from '@posthorn/receiver/providers'

export const NOW = 1_700_000_000_500
export const SECONDS = '1700000000'
export const MILLISECONDS = '1700000000500'

export interface SampleRequest {
  headers: Record<string, string>
  body: Buffer
  method: string
  url: string
}

/** How a sample's signature is changed: a header's, or a text in the JSON body. */
export type SignaturePlace = { readonly header: string } | { readonly path: readonly string[] }

export interface Sample {
  readonly name: ProviderName
  readonly secret?: string
  readonly otherSecret?: string
  readonly settings?: Record<string, string | string[]>
  readonly fetchKey?: FetchKey
  readonly place: SignaturePlace
  readonly request: SampleRequest
  readonly id?: string
  readonly type?: string
  /** A static token: the body is not signed. */
  readonly token?: boolean
  /** Parts of the body that are not signed may change (Adyen, Mailgun). */
  readonly looseBody?: boolean
  readonly stamped?: boolean
}

export const SECRET = 'test_secret_0123456789'
export const OTHER = 'other_secret_987654321'
export const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
export const OTHER_WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
export const HEX_KEY = '44782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056'
export const OTHER_HEX = 'a'.repeat(64)
export const URL_ = 'https://example.com/in/src_1?x=1'

export type Parts = (string | Buffer)[]
export const hmac = (algorithm: string, key: string | Buffer, ...parts: Parts) => {
  const made = createHmac(algorithm, key)
  for (const part of parts) made.update(part)
  return made
}
export const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
export const request = (headers: Record<string, string>, body: Buffer, url = URL_): SampleRequest => ({
  headers: { 'Content-Type': 'application/json', ...headers },
  body,
  method: 'POST',
  url,
})
export const EVENT = { id: 'evt_1', type: 'order.paid', note: 'café ☃ \u2028' }
