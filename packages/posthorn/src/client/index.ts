/**
 * @module posthorn/client
 * The typed client of the HTTP API, for Node, browsers and other runtimes.
 */
export { type ClientOptions, createClient, PosthornClient, publishJson, type Request } from './client.ts'
export { type ClientErrorCode, PosthornApiError } from './error.ts'
