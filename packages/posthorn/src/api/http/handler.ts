import type { IncomingMessage } from 'node:http'
import type { Tenant } from '../../domain/records.ts'
import type { Principal, UseCases } from '../../engine/use-cases.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Answer, Body, Params, Query, RequestHeaders } from '../contract/contract.ts'
import type { OperationId } from '../contract/operations.ts'
import type { JsonText } from '../json/text.ts'
import type { Authenticator } from './auth.ts'
import type { LiveStreams } from './live-streams.ts'
import type { Origin } from './origin.ts'
import type { Validator } from './validation.ts'

/** A request that fits the contract, from a caller who may make it. */
export interface Call<K extends OperationId> {
  readonly params: Params<K>
  readonly query: Query<K>
  readonly headers: RequestHeaders<K>
  /** The parsed body; undefined for the publishing operations, which read `bytes` themselves. */
  readonly body: Body<K>
  /** The body as it came; empty when there is none. */
  readonly bytes: Buffer
  /** On operations about one tenant. On others: the one that the request names, if any. */
  readonly tenant: Tenant | null
  /** null on operations without a key. */
  readonly principal: Principal | null
  readonly requestId: string
  /** As Node has it: for the few that ask by which name the server was called, or for a header of no contract. */
  readonly raw: IncomingMessage
}

type AnswerHeaders = Readonly<Record<string, string>>

/** As the contract's answer, or with the body already written as JSON. */
export type Reply<K extends OperationId> =
  Answer<K> extends infer A
    ? A extends { readonly status: infer S; readonly body: infer B }
      ? { readonly status: S; readonly body: B | JsonText<B>; readonly headers?: AnswerHeaders }
      : never
    : never

export type Handler<K extends OperationId> = (call: Call<K>) => Promise<Reply<K>>

export type Handlers<K extends OperationId = OperationId> = { readonly [Q in K]: Handler<Q> }

/** What handlers work with. */
export interface Tools {
  readonly useCases: UseCases
  readonly validator: Validator
  readonly authenticator: Authenticator
  readonly metrics: () => Promise<string>
  readonly openApi: () => string
  readonly origin: Origin
  readonly version: string
  readonly log: Logger
  readonly streams: LiveStreams
  readonly clock: Pick<Clock, 'now'>
  /** The key with which a session is opened on loopback when none is given; null: none is. */
  readonly openWithKey: string | null
}

/** The tenant of a call whose operation is about one; the request's checks have put it there. */
export function tenantOf(call: { readonly tenant: Tenant | null }): Tenant {
  if (call.tenant === null) throw new Error('the operation is not marked as one about a tenant')
  return call.tenant
}
