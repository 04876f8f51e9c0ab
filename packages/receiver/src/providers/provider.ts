import type { PublicKeys } from '../crypto/port.ts'
import type { HandshakeKind } from '../handshakes/handshake.ts'
import { type CustomScheme, completeScheme } from '../schemes/complete.ts'
import type { FieldSource, SignatureScheme } from '../schemes/scheme.ts'
import type { ProviderCode } from './code/code.ts'
import type { FieldTerm } from './field-term.ts'
import type { ItemsRule } from './items-rule.ts'

export interface ProviderAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
}

/** A setting that is no secret, such as the id that PayPal gave to the webhook. */
export interface ProviderSetting {
  readonly name: string
  readonly required: boolean
  readonly many: boolean
  readonly hint: string
}

/** A provider of webhooks: how it signs, and what it expects of a receiver. */
export interface Provider {
  readonly name: string
  readonly title: string
  /** The vendor's own pages. */
  readonly docs: readonly string[]
  /** Whole only together with `code`, if there is one: then give the provider, not the scheme, to a receiver. */
  readonly scheme: SignatureScheme
  /** What the scheme cannot say as data. */
  readonly code?: ProviderCode | undefined
  /** One sentence: where the secret is found and what it looks like. */
  readonly secretHint: string
  readonly settings: readonly ProviderSetting[]
  /** Accepts the URL as other spellings too, where the vendor is known to sign those. */
  readonly urlVariants?: ((url: string) => readonly string[]) | undefined
  /** First term that has a value wins. */
  readonly id: readonly FieldTerm[]
  readonly type: readonly FieldTerm[]
  /**
   * What to deduplicate on when there is no id: `body`, the hash of the bytes, or `nothing`: the same bytes mean
   * something new each time ("something has changed"), so that no request may be dropped as a duplicate.
   */
  readonly withoutId: 'body' | 'nothing'
  /** Form field that carries the JSON where the body is a form. */
  readonly formField?: string | undefined
  /** Where the items of a batch are. */
  readonly items?: ItemsRule | undefined
  readonly handshakes: readonly HandshakeKind[]
  readonly answers: {
    /** Milliseconds within which the vendor wants the answer; undefined: not published. */
    readonly deadlineMs?: number | undefined
    /** For a new event and for a duplicate alike. */
    readonly success: ProviderAnswer
    /** For a request that is not verified. */
    readonly refusal: ProviderAnswer
    /** Statuses after which the vendor does not try again, or turns the webhook off. */
    readonly finalStatuses: readonly number[]
  }
  /** Seconds over which the vendor tries again; undefined: not published. Deduplicate for longer than this. */
  readonly retrySpanS?: number | undefined
}

type Description = Pick<Provider, 'name' | 'title' | 'docs' | 'secretHint'> &
  Partial<Pick<Provider, 'code' | 'settings' | 'urlVariants' | 'id' | 'type' | 'withoutId' | 'formField'>> &
  Partial<Pick<Provider, 'items' | 'handshakes' | 'retrySpanS'>> & {
    readonly scheme: Omit<CustomScheme, 'name'>
    /** Needed by ed25519, ECDSA and RSA. */
    readonly publicKeys?: PublicKeys
    readonly answers?: Partial<Provider['answers']>
  }

/**
 * A provider from what is special about it. Answers are 200 without a body and 401 unless it says otherwise: several
 * vendors take 200 alone for success.
 */
export function defineProvider(given: Description): Provider {
  const { scheme, answers, publicKeys, ...rest } = given
  return Object.freeze({
    settings: [],
    id: [],
    type: [],
    withoutId: 'body',
    handshakes: [],
    ...rest,
    scheme: completeScheme({ ...scheme, name: given.name }, publicKeys),
    answers: { ...PLAIN_ANSWERS, ...answers },
  } satisfies Provider)
}

/** A provider of nothing but a scheme, such as a custom one. */
export function schemeProvider(scheme: SignatureScheme): Provider {
  return Object.freeze({
    name: scheme.name,
    title: scheme.name,
    docs: [],
    secretHint: '',
    settings: [],
    id: [],
    type: [],
    withoutId: 'body',
    handshakes: [],
    scheme,
    answers: PLAIN_ANSWERS,
  } satisfies Provider)
}

const PLAIN_ANSWERS = { success: { status: 200 }, refusal: { status: 401 }, finalStatuses: [] } as const

export const header = (name: string): FieldSource => ({ header: name })

/** A place in the JSON body: keys separated by full stops. */
export const body = (path: string): FieldSource => ({ body: path.split('.') })

export const joined = (separator: string, ...join: FieldSource[]): FieldTerm => ({ join, with: separator })
