/**
 * @module posthorn/client
 * The typed client of the HTTP API, for Node, browsers and other runtimes.
 */
export type { Body, ListOperation, Query, Result, Row } from '../api/contract/contract.ts'
export type { OperationId } from '../api/contract/operations.ts'
export { type ClientOptions, createClient, PosthornClient, publishJson, type Request } from './client.ts'
export { type ClientErrorCode, PosthornApiError } from './error.ts'
