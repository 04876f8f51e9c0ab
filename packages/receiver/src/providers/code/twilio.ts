import { decodeSignature, fromHex } from '../../encoding.ts'
import { refusal } from '../../verify/refusal.ts'
import { singleHeader } from '../single-header.ts'
import { type Check, type CodeInput, type CodeReading, type ProviderCode, parseUrl } from './code.ts'
import { parseForm } from './form.ts'
import { verifyByCode } from './verify-by-code.ts'

const HEADER = 'x-twilio-signature'

/**
 * Forms: the URL and then each key with its values, sorted. Other bodies: the URL alone, which holds the body's hash.
 * Keys and values are joined without anything between them, so `ab=c` and `a=bc` have one signature: that is how the
 * vendor made it.
 */
export const twilioCode: ProviderCode = {
  verifier: verifyByCode,
  headers: [HEADER],
  read(input) {
    const found = singleHeader(input.headers, HEADER)
    if (!found.ok) return found
    const signature = decodeSignature(found.value, 'base64')
    if (!signature) return refusal('signature_malformed', 'the signature is not base64')
    const url = parseUrl(input.url)
    if (!url) return refusal('request_malformed', 'the URL must be the public one, whole')
    const hashes = url.searchParams.getAll('bodySHA256')
    if (hashes.length > 1) return refusal('body_malformed', '"bodySHA256" is in the URL more than once')
    const hash = hashes[0]
    return hash === undefined ? readForm(input, signature) : readHashed(input, signature, hash)
  },
}

function readHashed(input: CodeInput, signature: Uint8Array, hash: string) {
  const bytes = fromHex(hash)
  if (!bytes) return refusal('body_malformed', '"bodySHA256" in the URL is not hexadecimal')
  const contents = urlVariants(input.url).map((url) => [url])
  const body: Check = { contents: [[input.body]], signatures: [bytes], hash: true }
  return { ok: true, checks: [{ contents, signatures: [signature] }, body] } satisfies CodeReading
}

function readForm({ body, contentType, url }: CodeInput, signature: Uint8Array) {
  // A body that is neither a form nor hashed would not be covered by the signature.
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType ?? '')
  if (!isForm && body.length > 0)
    return refusal('body_malformed', 'the body is no form, and the URL has no "bodySHA256"')
  const fields = parseForm(body)
  if (!fields) return refusal('body_malformed', 'the form is not percent-encoded UTF-8')
  let text = ''
  for (const key of [...fields.keys()].sort())
    for (const value of [...new Set(fields.get(key))].sort()) text += key + value
  const contents = urlVariants(url).map((variant) => [variant + text])
  return { ok: true, checks: [{ contents, signatures: [signature] }] } satisfies CodeReading
}

/** With and without the standard port, and each with the query as older encoders wrote it: the vendor signs all four. */
function urlVariants(given: string): readonly string[] {
  const url = parseUrl(given)
  if (!url) return [given]
  const standardPort = url.protocol === 'https:' ? '443' : '80'
  const variants = new Set([given, url.href])
  const legacy = legacyQuery(url)
  for (const search of legacy === undefined ? [url.search] : [url.search, legacy]) {
    const rest = url.pathname + search
    for (const port of new Set([url.port, '', url.port || standardPort]))
      variants.add(`${url.protocol}//${url.hostname}${port === '' ? '' : `:${port}`}${rest}`)
  }
  return [...variants]
}

function legacyQuery({ search, searchParams }: URL): string | undefined {
  if (search === '') return undefined
  const pairs = [...searchParams].map(([key, value]) => `${encode(key)}=${encode(value)}`)
  return `?${pairs.join('&')}`
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
