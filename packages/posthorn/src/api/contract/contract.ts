/**
 * The HTTP API in one table. From it come the validation of requests, the OpenAPI document and the types of the
 * client; nothing is written twice.
 */
import type { Static, TSchema } from 'typebox'
import { ACCESS_OPERATIONS } from './access.ts'
import { ALERT_OPERATIONS } from './alerts.ts'
import { DELIVERY_OPERATIONS } from './deliveries.ts'
import { EVENT_OPERATIONS } from './events.ts'
import { INSIGHT_OPERATIONS } from './insight.ts'
import type { Operation } from './operation.ts'
import type { OperationId } from './operations.ts'
import { OPERATOR_OPERATIONS } from './operator.ts'
import { SOURCE_OPERATIONS } from './sources.ts'
import { SUBSCRIPTION_OPERATIONS } from './subscriptions.ts'

export const CONTRACT = {
  ...SUBSCRIPTION_OPERATIONS,
  ...EVENT_OPERATIONS,
  ...DELIVERY_OPERATIONS,
  ...SOURCE_OPERATIONS,
  ...OPERATOR_OPERATIONS,
  ...ACCESS_OPERATIONS,
  ...INSIGHT_OPERATIONS,
  ...ALERT_OPERATIONS,
} satisfies Record<OperationId, Operation>

type Contract = typeof CONTRACT

type Part<K extends OperationId, P extends 'params' | 'query' | 'headers' | 'body'> = Contract[K] extends {
  readonly [Q in P]: infer S extends TSchema
}
  ? Static<S>
  : undefined

export type Params<K extends OperationId> = Part<K, 'params'>
export type Query<K extends OperationId> = Part<K, 'query'>
export type RequestHeaders<K extends OperationId> = Part<K, 'headers'>
/** What is sent as JSON; undefined where there is none. */
export type Body<K extends OperationId> = Part<K, 'body'>

type Responses<K extends OperationId> = Contract[K]['responses']
type BodyOf<S> = S extends TSchema ? Static<S> : null

/** A status that the contract names, with its body. */
export type Answer<K extends OperationId> = {
  [S in keyof Responses<K> & number]: { readonly status: S; readonly body: BodyOf<Responses<K>[S]> }
}[keyof Responses<K> & number]

/** The body of a success; null where there is none. */
export type Result<K extends OperationId> = Extract<Answer<K>, { status: 200 | 201 | 202 | 204 }>['body']

/** The operations whose answer is a page of a list. */
export type ListOperation = {
  [K in OperationId]: Result<K> extends { data: unknown[]; next_cursor: string | null } ? K : never
}[OperationId]

/** One row of a list. */
export type Row<K extends ListOperation> = Result<K> extends { data: Array<infer R> } ? R : never
