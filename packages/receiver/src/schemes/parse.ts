import { ReceiverConfigError } from '../errors.ts'
import type { CustomScheme } from './complete.ts'
import { customScheme } from './custom.ts'
import { type Flaw, flawsOf, type Shape } from './parse-shape.ts'
import type { FieldSource, SignatureScheme, SignedPart } from './scheme.ts'

export type ParsedScheme =
  | { readonly ok: true; readonly scheme: SignatureScheme }
  | { readonly ok: false; readonly flaws: readonly Flaw[] }

const TEXT: Shape = { kind: 'text', max: 100 }
const SOURCE: Shape = {
  kind: 'either',
  what: '{ "header": NAME } or { "body": [KEY, …] }',
  of: [
    { kind: 'object', keys: { header: TEXT }, needed: ['header'] },
    { kind: 'object', keys: { body: { kind: 'list', of: TEXT, min: 1, max: 8 } }, needed: ['body'] },
  ],
}
const SOURCES: Shape = {
  kind: 'either',
  what: '{ "header": NAME }, { "body": [KEY, …] } or a list of them',
  of: [SOURCE, { kind: 'list', of: SOURCE, min: 1, max: 8 }],
}
const FIELDS = ['id', 'timestamp', 'body', 'method', 'url']
const PART: Shape = {
  kind: 'either',
  what: `one of ${FIELDS.join(', ')}, or { "literal": TEXT }`,
  of: [
    { kind: 'one', of: FIELDS },
    { kind: 'object', keys: { literal: TEXT }, needed: ['literal'] },
  ],
}
const ALGORITHMS = ['hmac-sha256', 'hmac-sha512', 'hmac-sha1', 'sha256', 'ed25519', 'ecdsa-p256', 'token']
const FORM: Shape = {
  kind: 'object',
  keys: {
    form: { kind: 'one', of: ['value', 'pairs'] },
    prefix: TEXT,
    signature_key: TEXT,
    timestamp_key: TEXT,
    assign: { kind: 'one', of: ['=', ','] },
    separator: { kind: 'one', of: [',', ';', ' '] },
  },
  needed: ['form'],
}
const NUMBER: Shape = { kind: 'number', min: 0, max: 86_400 }
const SCHEME: Shape = {
  kind: 'object',
  keys: {
    name: TEXT,
    header: TEXT,
    signed: { kind: 'list', of: PART, min: 0, max: 20 },
    algorithm: { kind: 'one', of: ALGORITHMS },
    key: { kind: 'one', of: ['text', 'whsec', 'base64', 'hex', 'spki', 'whsk'] },
    key_bytes: { kind: 'object', keys: { min: NUMBER, max: NUMBER }, needed: ['min', 'max'] },
    encoding: { kind: 'one', of: ['hex', 'base64', 'text'] },
    form: FORM,
    timestamp: {
      kind: 'object',
      keys: {
        in: {
          kind: 'either',
          what: '"signature", { "header": NAME } or { "body": [KEY, …] }',
          of: [{ kind: 'one', of: ['signature'] }, SOURCE],
        },
        unit: { kind: 'one', of: ['s', 'ms'] },
        tolerance_s: NUMBER,
      },
      needed: ['in', 'unit'],
    },
    id: SOURCES,
    type: SOURCES,
    header_alias: { kind: 'list', of: TEXT, min: 2, max: 2 },
  },
  needed: ['name', 'header', 'signed'],
}

interface SchemeJson {
  readonly name: string
  readonly header: string
  readonly signed: readonly SignedPart[]
  readonly algorithm?: CustomScheme['algorithm']
  readonly key?: CustomScheme['key']
  readonly key_bytes?: CustomScheme['keyBytes']
  readonly encoding?: CustomScheme['encoding']
  readonly form?: FormJson
  readonly timestamp?: TimestampJson
  readonly id?: FieldSource | readonly FieldSource[]
  readonly type?: FieldSource | readonly FieldSource[]
  readonly header_alias?: readonly [string, string]
}

interface FormJson {
  readonly form: 'value' | 'pairs'
  readonly prefix?: string
  readonly signature_key?: string
  readonly timestamp_key?: string
  readonly assign?: '=' | ','
  readonly separator?: ',' | ';' | ' '
}

interface TimestampJson {
  readonly in: 'signature' | FieldSource
  readonly unit: 's' | 'ms'
  readonly tolerance_s?: number
}

/**
 * A custom scheme from JSON that nobody has checked: the fields of `customScheme` in snake_case. All flaws are told,
 * each with the path of the field. Never throws.
 *
 * @example
 * parseCustomScheme({ name: 'acme', header: 'X-Acme-Signature', signed: ['timestamp', { literal: '.' }, 'body'],
 *   timestamp: { in: { header: 'X-Acme-Time' }, unit: 's', tolerance_s: 60 }, id: { body: ['id'] } })
 */
export function parseCustomScheme(json: unknown): ParsedScheme {
  const flaws = flawsOf(SCHEME, json, '')
  if (flaws.length > 0) return { ok: false, flaws }
  const given = json as SchemeJson
  const missing = formFlaws(given.form)
  if (missing.length > 0) return { ok: false, flaws: missing }
  try {
    return { ok: true, scheme: customScheme(description(given)) }
  } catch (error) {
    if (error instanceof ReceiverConfigError)
      return { ok: false, flaws: [{ path: '', message: (error as ReceiverConfigError).message }] }
    throw error
  }
}

function formFlaws(form: FormJson | undefined): Flaw[] {
  if (!form) return []
  const pairs = ['signature_key', 'assign', 'separator'] as const
  if (form.form === 'pairs')
    return pairs
      .filter((key) => form[key] === undefined)
      .map((key) => ({ path: `form.${key}`, message: 'is missing: the form "pairs" needs it' }))
  return [...pairs, 'timestamp_key' as const]
    .filter((key) => form[key] !== undefined)
    .map((key) => ({ path: `form.${key}`, message: 'belongs to the form "pairs"' }))
}

function description({ key_bytes, header_alias, form, timestamp, ...same }: SchemeJson): CustomScheme {
  const { form: kind, prefix, signature_key = '', timestamp_key, assign = '=', separator = ',' } = form ?? {}
  return {
    ...same,
    keyBytes: key_bytes,
    headerAlias: header_alias,
    timestamp: timestamp && { in: timestamp.in, unit: timestamp.unit, toleranceS: timestamp.tolerance_s },
    form:
      kind === 'pairs'
        ? { form: 'pairs', signatureKey: signature_key, timestampKey: timestamp_key, assign, separator }
        : { form: 'value', prefix },
  }
}
