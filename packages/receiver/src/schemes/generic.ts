import { ReceiverConfigError } from '../errors.ts'
import type { CustomScheme } from './complete.ts'
import { customScheme } from './custom.ts'
import type { FieldSource, SignatureScheme } from './scheme.ts'

/** The forms that most providers' signatures have; the names say what stands in the header. */
export const GENERIC_SCHEME_NAMES = [
  'hex',
  'prefixed-hex',
  'base64',
  'prefixed-base64',
  'timestamped',
  'timestamp-header',
  'timestamp-header-ms',
  'versioned',
  'semicolon',
  'sha512-hex',
  'timestamped-comma',
  'token',
] as const

export type GenericSchemeName = (typeof GENERIC_SCHEME_NAMES)[number]

export interface GenericSchemeOptions {
  /** Header of the signature. */
  readonly header: string
  /** Header of the time stamp: needed by `timestamp-header`, `timestamp-header-ms` and `versioned`, refused elsewhere. */
  readonly timestampHeader?: string | undefined
  readonly id?: FieldSource | readonly FieldSource[] | undefined
  readonly type?: FieldSource | readonly FieldSource[] | undefined
}

type Description = Omit<CustomScheme, 'name' | 'header'>

const SEPARATE_STAMP: readonly GenericSchemeName[] = ['timestamp-header', 'timestamp-header-ms', 'versioned']

/**
 * | name | header | signed, HMAC-SHA256 with the secret's text |
 * |---|---|---|
 * | `hex` | `HEX` | `body` |
 * | `prefixed-hex` | `sha256=HEX` | `body` |
 * | `base64` | `BASE64` | `body` |
 * | `prefixed-base64` | `sha256=BASE64` | `body` |
 * | `timestamped` | `t=SECONDS,v1=HEX` | `t.body` |
 * | `timestamp-header` | `HEX`, seconds in a header of their own | `timestamp.body` |
 * | `timestamp-header-ms` | the same in milliseconds | `timestamp.body` |
 * | `versioned` | `v0=HEX`, seconds in a header of their own | `v0:timestamp:body` |
 * | `semicolon` | `ts=SECONDS;h1=HEX` | `ts:body` |
 * | `sha512-hex` | `HEX` | `body`, HMAC-SHA512 |
 * | `timestamped-comma` | `t=SECONDS,v1=HEX` | `t,body` |
 * | `token` | the secret itself | nothing |
 *
 * @throws ReceiverConfigError `scheme_unknown`, `scheme_invalid`
 */
export function genericScheme(name: GenericSchemeName, options: GenericSchemeOptions): SignatureScheme {
  if (!GENERIC_SCHEME_NAMES.includes(name))
    throw new ReceiverConfigError(
      'scheme_unknown',
      `There is no generic scheme ${JSON.stringify(name)}. Known: ${GENERIC_SCHEME_NAMES.join(', ')}.`,
    )
  const { timestampHeader, ...rest } = options
  const wanted = SEPARATE_STAMP.includes(name)
  if (wanted !== (timestampHeader !== undefined))
    throw new ReceiverConfigError(
      'scheme_invalid',
      `The generic scheme "${name}" ${wanted ? 'needs' : 'has no'} timestampHeader.`,
    )
  return customScheme({ name, ...rest, ...describe(name, timestampHeader ?? '') })
}

function describe(name: GenericSchemeName, header: string): Description {
  const pairs = (timestampKey: string, signatureKey: string, separator: ',' | ';'): Partial<Description> => ({
    form: { form: 'pairs', timestampKey, signatureKey, assign: '=', separator },
    timestamp: { in: 'signature', unit: 's' },
  })
  const stamped = (separator: string): Description['signed'] => ['timestamp', { literal: separator }, 'body']
  const sha256 = { form: 'value', prefix: 'sha256=' } as const
  switch (name) {
    case 'hex':
      return { signed: ['body'] }
    case 'prefixed-hex':
      return { signed: ['body'], form: sha256 }
    case 'base64':
      return { signed: ['body'], encoding: 'base64' }
    case 'prefixed-base64':
      return { signed: ['body'], encoding: 'base64', form: sha256 }
    case 'timestamped':
      return { signed: stamped('.'), ...pairs('t', 'v1', ',') }
    case 'timestamp-header':
      return { signed: stamped('.'), timestamp: { in: { header }, unit: 's' } }
    case 'timestamp-header-ms':
      return { signed: stamped('.'), timestamp: { in: { header }, unit: 'ms' } }
    case 'versioned':
      return {
        signed: [{ literal: 'v0:' }, ...stamped(':')],
        form: { form: 'value', prefix: 'v0=' },
        timestamp: { in: { header }, unit: 's' },
      }
    case 'semicolon':
      return { signed: stamped(':'), ...pairs('ts', 'h1', ';') }
    case 'sha512-hex':
      return { signed: ['body'], algorithm: 'hmac-sha512' }
    case 'timestamped-comma':
      return { signed: stamped(','), ...pairs('t', 'v1', ',') }
    case 'token':
      return { signed: [], algorithm: 'token' }
  }
}
