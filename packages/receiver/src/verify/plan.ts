import { decodeSignature } from '../encoding.ts'
import { idForbidden, signedContent, tokenProblem } from '../schemes/content.ts'
import { parseSignatures } from '../schemes/form.ts'
import { type SignatureScheme, schemeHeaderNames, sourceHeader, timestampHeader } from '../schemes/scheme.ts'
import { isBytes, notBytes, textAt } from './body.ts'
import { collectHeaders, type HeaderValues } from './headers.ts'
import { quoted, type Refusal, type RefusalReason, refusal } from './refusal.ts'
import type { VerifyRequest, VerifyResult } from './result.ts'
import { checkTimestamp } from './timestamp.ts'
import { type ReadRequest, Verified } from './verified.ts'

interface PlanOptions {
  readonly scheme: SignatureScheme
  readonly toleranceS: number
  readonly maxBodyBytes: number
  readonly clock: () => number
  /** Names of further headers that are wanted of a read request, in lower case. */
  readonly also?: readonly string[] | undefined
}

/** Verification without the cryptography: what comes before it (`read`) and after it (`conclude`). */
export class VerificationPlan {
  readonly #options: PlanOptions
  readonly #names: readonly string[]
  readonly #wanted: ReadonlySet<string>
  readonly #header: string
  readonly #idHeader: string | undefined
  readonly #typeHeader: string | undefined
  readonly #timestampHeader: string | undefined
  readonly #idForbidden: string

  constructor(options: PlanOptions) {
    this.#options = options
    this.#idForbidden = idForbidden(options.scheme.signed)
    this.#names = schemeHeaderNames(options.scheme)
    this.#wanted = new Set([
      ...this.#names,
      ...this.#names.map((name) => this.#aliased(name)),
      'content-type',
      ...(options.also ?? []),
    ])
    this.#header = options.scheme.header.toLowerCase()
    this.#idHeader = sourceHeader(options.scheme.id)?.toLowerCase()
    this.#typeHeader = sourceHeader(options.scheme.type)?.toLowerCase()
    this.#timestampHeader = timestampHeader(options.scheme)?.toLowerCase()
  }

  /** Everything that can be refused before a signature is computed, cheapest first. Never throws. */
  read(request: VerifyRequest): ReadRequest | Refusal {
    try {
      return this.#read(request)
    } catch (error) {
      // Only an object that is no plain request can get here: a getter or an iterator that throws.
      return refusal('request_malformed', `reading the request failed: ${quoted(String(error))}`)
    }
  }

  #read({ headers: given, body, method, url }: VerifyRequest): ReadRequest | Refusal {
    const { scheme, maxBodyBytes } = this.#options
    if (!isBytes(body)) return refusal('body_not_bytes', notBytes(body))
    if (body.length > maxBodyBytes)
      return refusal('body_too_large', `the body has ${body.length} bytes, the limit is ${maxBodyBytes}`)
    const collected = collectHeaders(given, this.#wanted)
    if (!collected)
      return refusal(
        'request_malformed',
        'headers must be Headers, a list of [name, value] or a record of strings',
      )
    const lacking = this.#lacking(method, url)
    if (lacking)
      return refusal(
        'request_malformed',
        `the scheme "${scheme.name}" signs the ${lacking}: give it to verify`,
      )
    const headers = this.#chosen(collected)
    const parsed = this.#signatures(headers)
    if (!parsed.ok) return parsed
    const id = this.#id(headers)
    if (!id.ok) return id
    const type = single(headers, this.#typeHeader)
    if (!type.ok) return type
    const stamp = this.#timestamp(headers, parsed.timestamp)
    if (!stamp.ok) return stamp
    const fields = { id: id.value ?? '', timestamp: stamp.text, body, method: method ?? '', url: url ?? '' }
    return {
      ok: true,
      content: signedContent(scheme.signed, fields),
      signatures: parsed.bytes,
      body,
      headers,
      idInHeader: id.value,
      typeInHeader: type.value,
      timestampMs: stamp.timestampMs,
      contentType: headers.get('content-type')?.[0],
    }
  }

  /** The result, once it is known which secret fitted; -1: none. */
  conclude(read: ReadRequest, secretIndex: number): VerifyResult {
    const { scheme, toleranceS, clock } = this.#options
    if (secretIndex < 0) {
      const empty = read.body.length === 0 ? '; the body is empty: was it read before?' : ''
      return refusal('signature_mismatch', `signatures tried: ${read.signatures.length}${empty}`)
    }
    const { timestamp } = scheme
    const verified = new Verified(scheme, read, secretIndex)
    if (!timestamp || typeof timestamp.in !== 'object' || !('body' in timestamp.in)) return verified
    const place = timestamp.in.body
    const text = textAt(verified.payload, place)
    if (text === undefined) return refusal('timestamp_missing', `no "${place.join('.')}" in the body`)
    const checked = checkTimestamp(timestamp, toleranceS, text, clock())
    return checked.ok ? verified.at(checked.timestampMs) : checked
  }

  #lacking(method: unknown, url: unknown): 'method' | 'url' | undefined {
    const { signed } = this.#options.scheme
    if (signed.includes('method') && typeof method !== 'string') return 'method'
    return signed.includes('url') && typeof url !== 'string' ? 'url' : undefined
  }

  #signatures(headers: HeaderValues) {
    const { header, form, encoding, algorithm } = this.#options.scheme
    const found = single(headers, this.#header, form.form === 'value' && algorithm !== 'token')
    if (!found.ok) return found
    if (!found.value) return refusal('signature_missing', `no header "${header}"`)
    const texts = parseSignatures(form, found.value)
    if (!texts.ok) return texts
    const bytes: Uint8Array[] = []
    for (const text of texts.signatures) {
      const signature = decodeSignature(text, encoding)
      if (signature) bytes.push(signature)
    }
    if (bytes.length === 0) return refusal('signature_malformed', `the signature is not ${encoding}`)
    return { ok: true as const, bytes, timestamp: texts.timestamp }
  }

  #id(headers: HeaderValues) {
    const { id } = this.#options.scheme
    const header = this.#idHeader
    const found = single(headers, header)
    if (!found.ok || header === undefined) return found
    if (!found.value)
      return id.some((source) => 'body' in source) ? found : refusal('id_missing', `no header "${header}"`)
    const problem = tokenProblem(found.value, this.#idForbidden)
    return problem ? refusal('id_malformed', `${quoted(found.value)} ${problem}`) : found
  }

  #timestamp(headers: HeaderValues, inSignature: string | undefined) {
    const { scheme, toleranceS, clock } = this.#options
    const unknown = { ok: true as const, text: '', timestampMs: undefined }
    if (!scheme.timestamp) return unknown
    const header = this.#timestampHeader
    if (header === undefined && scheme.timestamp.in !== 'signature') return unknown
    const found = single(headers, header)
    if (!found.ok) return found
    const text = header === undefined ? inSignature : found.value
    if (!text) return refusal('timestamp_missing', `no time stamp in "${header ?? scheme.header}"`)
    const checked = checkTimestamp(scheme.timestamp, toleranceS, text, clock())
    return checked.ok ? { ...checked, text } : checked
  }

  /** The headers under the scheme's own names: those, or all of the aliases, never a mixture. */
  #chosen(headers: HeaderValues): HeaderValues {
    const names = this.#names
    if (!this.#options.scheme.headerAlias || names.every((name) => headers.has(name))) return headers
    if (!names.some((name) => headers.has(this.#aliased(name)))) return headers
    const complete = names.every((name) => headers.has(this.#aliased(name)))
    if (!complete && names.some((name) => headers.has(name))) return headers
    const chosen = new Map(headers)
    for (const name of names) chosen.set(name, headers.get(this.#aliased(name)) ?? [])
    return chosen
  }

  #aliased(name: string): string {
    const alias = this.#options.scheme.headerAlias
    return alias && name.startsWith(alias[0]) ? alias[1] + name.slice(alias[0].length) : name
  }
}

type Single = { readonly ok: true; readonly value: string | undefined } | Refusal

const ABSENT: Single = { ok: true, value: undefined }

/** The only value of a header, whose name is in lower case. `, ` inside means that an HTTP library has joined several, as Node and Headers do. */
function single(headers: HeaderValues, name: string | undefined, joins = true): Single {
  const values = name === undefined ? undefined : headers.get(name)
  if (values === undefined) return ABSENT
  const value = values[0]
  const reason: RefusalReason = 'header_duplicated'
  if (values.length > 1) return refusal(reason, `"${name}" is there ${values.length} times`)
  if (joins && value?.includes(', '))
    return refusal(reason, `"${name}" is there more than once, joined: ${quoted(value)}`)
  return { ok: true, value }
}
