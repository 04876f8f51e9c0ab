import { ReceiverConfigError } from '../errors.ts'
import type { CustomScheme } from './complete.ts'
import { customScheme } from './custom.ts'
import type { SignatureScheme } from './scheme.ts'

/** The schemes that Posthorn sends with. */
export const OUTBOUND_SCHEME_NAMES = [
  'standard',
  'standard-ed25519',
  'timestamped',
  'prefixed',
  'split',
  'plain',
] as const

export type OutboundSchemeName = (typeof OUTBOUND_SCHEME_NAMES)[number]

export interface OutboundSchemeOptions {
  /**
   * Beginning of the header names. The two standard schemes ignore it: their names are fixed by the specification.
   * @default 'X-Webhook'
   */
  readonly headerPrefix?: string | undefined
}

export const DEFAULT_HEADER_PREFIX = 'X-Webhook'

// Room for the longest ending, "-Signature", within the 100 characters of a header name.
const PREFIX = /^[A-Za-z][A-Za-z0-9-]{0,62}[A-Za-z0-9]$/
// A secret that a user chose is text of any kind; below 16 bytes it can be guessed from one signed body.
const OWN_KEY_BYTES = { min: 16, max: 512 }
// Standard Webhooks, "Signature scheme": between 24 and 64 bytes.
const STANDARD_KEY_BYTES = { min: 24, max: 64 }
const DOT = { literal: '.' }

/**
 * One of the six schemes by name. For receiving they take the id and the type from where Posthorn's formats put them.
 *
 * @throws ReceiverConfigError `scheme_unknown`, or `option_invalid` for a prefix that is no header name
 */
export function outboundScheme(
  name: OutboundSchemeName,
  options: OutboundSchemeOptions = {},
): SignatureScheme {
  const prefix = options.headerPrefix ?? DEFAULT_HEADER_PREFIX
  if (!PREFIX.test(prefix))
    throw new ReceiverConfigError(
      'option_invalid',
      `headerPrefix ${JSON.stringify(prefix)} must be 2 to 64 letters, digits and hyphens, such as "X-Webhook".`,
    )
  if (!isOutboundSchemeName(name))
    throw new ReceiverConfigError(
      'scheme_unknown',
      `There is no scheme ${JSON.stringify(name)}. Known: ${OUTBOUND_SCHEME_NAMES.join(', ')}.`,
    )
  return customScheme({ name, ...describe(name, prefix) })
}

export function isOutboundSchemeName(name: unknown): name is OutboundSchemeName {
  return (OUTBOUND_SCHEME_NAMES as readonly unknown[]).includes(name)
}

type Description = Omit<CustomScheme, 'name'>

function describe(name: OutboundSchemeName, prefix: string): Description {
  const header = `${prefix}-Signature`
  const own = { header, keyBytes: OWN_KEY_BYTES }
  const told = {
    id: { header: `${prefix}-Id` },
    type: { header: `${prefix}-Event` },
    deliveryHeader: `${prefix}-Delivery`,
  }
  switch (name) {
    case 'standard':
      return { ...standard('v1'), key: 'whsec', keyBytes: STANDARD_KEY_BYTES, encoding: 'base64' }
    case 'standard-ed25519':
      return { ...standard('v1a'), algorithm: 'ed25519', keyBytes: { min: 32, max: 64 } }
    case 'timestamped':
      return {
        ...own,
        ...told,
        signed: ['timestamp', DOT, 'body'],
        form: { form: 'pairs', timestampKey: 't', signatureKey: 'v1', assign: '=', separator: ',' },
        timestamp: { in: 'signature', unit: 's' },
      }
    case 'prefixed':
      return { ...own, ...told, signed: ['body'], form: { form: 'value', prefix: 'sha256=' } }
    case 'split':
      return {
        ...own,
        signed: ['timestamp', DOT, 'body'],
        timestamp: { in: { header: `${prefix}-Timestamp` }, unit: 'ms' },
        id: { header: `${prefix}-ID` },
        type: TYPE_IN_BODY,
      }
    case 'plain':
      return {
        ...own,
        signed: ['body'],
        timestamp: { in: { header: `${prefix}-Timestamp` }, unit: 's' },
        id: { header: `${prefix}-Event-Id` },
        type: TYPE_IN_BODY,
      }
  }
}

// `type` in the formats standard and event, `event_type` in envelope.
const TYPE_IN_BODY = [{ body: ['type'] }, { body: ['event_type'] }]

/** Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function standard(version: 'v1' | 'v1a'): Description {
  return {
    header: 'webhook-signature',
    form: { form: 'pairs', signatureKey: version, assign: ',', separator: ' ' },
    signed: ['id', DOT, 'timestamp', DOT, 'body'],
    timestamp: { in: { header: 'webhook-timestamp' }, unit: 's' },
    id: { header: 'webhook-id' },
    type: TYPE_IN_BODY,
  }
}
