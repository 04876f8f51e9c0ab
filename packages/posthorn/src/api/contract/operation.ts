import type { TSchema } from 'typebox'
import type { ErrorCode } from '../../domain/error.ts'
import type { KeyScope } from '../../domain/records.ts'

export type Tag =
  | 'Events'
  | 'Sources'
  | 'Subscriptions'
  | 'Deliveries'
  | 'Replays'
  | 'Event types'
  | 'Operator'
  | 'Alerts'
  | 'Sessions'
  | 'Overview'
  | 'Server'

/** What the contract says of one operation. Validation, OpenAPI and the client's types are made from it. */
export interface Operation {
  readonly tag: Tag
  readonly summary: string
  readonly description?: string
  /** Which keys may call it, beside admin keys. null: no key is needed. */
  readonly scopes: readonly KeyScope[] | null
  /** true: without a key, too, from the loopback interface when no proxy stands between. */
  readonly openOnLoopback?: true
  /** Whether it works on one tenant: that of the key, or the one an admin names in `posthorn-tenant`. */
  readonly tenant: boolean
  readonly params?: TSchema
  readonly query?: TSchema
  readonly headers?: TSchema
  readonly body?: TSchema
  /** true: no body is as good as `{}`. */
  readonly bodyOptional?: true
  /** Bytes; default `LIMITS.requestBodyBytes`. */
  readonly bodyLimit?: number
  /** Of an answer that is not JSON. */
  readonly media?: string
  /** By status; null: no body. */
  readonly responses: Readonly<Record<number, TSchema | null>>
  /** Its own error codes, beside those that every operation has. */
  readonly errors: readonly ErrorCode[]
}

export const READERS = ['tenant', 'read'] as const satisfies readonly KeyScope[]
export const WRITERS = ['tenant'] as const satisfies readonly KeyScope[]
export const PUBLISHERS = ['tenant', 'publish'] as const satisfies readonly KeyScope[]
/** Every key there is. */
export const ANYBODY = ['tenant', 'publish', 'read'] as const satisfies readonly KeyScope[]
export const ADMINS = [] as const satisfies readonly KeyScope[]
