/**
 * The typed client of the HTTP API, on `fetch` alone: for Node, browsers and other runtimes. Its methods and types come
 * from the contract.
 *
 * ```ts
 * const client = createClient({ baseUrl: 'http://127.0.0.1:3400', key })
 * const { id } = await client.call('createSubscription', { body: { name: 'CRM', url, events: ['user.*'] } })
 * for await (const delivery of client.each('listDeliveries', { query: { state: 'dead' } }))
 *   await client.call('retryDelivery', { params: { id: delivery.id } })
 * ```
 */
import type {
  Body,
  ListOperation,
  Params,
  Query,
  RequestHeaders,
  Result,
  Row,
} from '../api/contract/contract.ts'
import { OPERATIONS, type OperationId, REQUEST_ID_HEADER, TENANT_HEADER } from '../api/contract/operations.ts'
import { PosthornApiError } from './error.ts'
import { type LiveMessage, readMessages } from './live.ts'
import { readProblem } from './problem.ts'

export interface ClientOptions {
  /** Where the server is, such as `http://127.0.0.1:3400`; a path before `/api` is kept. */
  readonly baseUrl: string
  /** The API key; without one only `health`, `readiness` and `openApi` answer. */
  readonly key?: string | undefined
  /** With an admin key: the tenant to work on, by id or slug. @default `default` */
  readonly tenant?: string | undefined
  /** @default the global `fetch` */
  readonly fetch?: typeof globalThis.fetch | undefined
}

type Needed<T, N extends string> = [T] extends [undefined] ? { readonly [Q in N]?: undefined } : Given<T, N>
/** A part whose fields are all optional may be left out itself. */
type Given<T, N extends string> =
  Record<never, never> extends T ? { readonly [Q in N]?: T | undefined } : { readonly [Q in N]: T }

type WithBody<K extends OperationId> =
  | Needed<Body<K>, 'body'>
  /** JSON that is already written, sent as it stands: where `JSON.stringify` would change it. */
  | { readonly json: string | Uint8Array<ArrayBuffer>; readonly body?: undefined }

export type Request<K extends OperationId> = Needed<Params<K>, 'params'> &
  Needed<Query<K>, 'query'> &
  Needed<RequestHeaders<K>, 'headers'> &
  WithBody<K> & { readonly signal?: AbortSignal | undefined }

type Arguments<K extends OperationId> =
  Record<never, never> extends Request<K> ? [request?: Request<K>] : [request: Request<K>]

/** A request with its types wiped: what is left to do is the same for all. */
interface PlainRequest {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly json?: string | Uint8Array<ArrayBuffer>
  readonly signal?: AbortSignal
}

export class PosthornClient {
  readonly #baseUrl: string
  readonly #headers: Readonly<Record<string, string>>
  readonly #fetch: typeof globalThis.fetch

  /** @throws TypeError when `baseUrl` is no http or https URL */
  constructor(options: ClientOptions) {
    const url = new URL(options.baseUrl)
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new TypeError(`The base URL ${options.baseUrl} must begin with http:// or https://.`)
    this.#baseUrl = url.origin + url.pathname.replace(/\/+$/, '')
    this.#headers = {
      ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
      ...(options.tenant === undefined ? {} : { [TENANT_HEADER]: options.tenant }),
    }
    this.#fetch = options.fetch ?? globalThis.fetch.bind(globalThis)
  }

  /**
   * One operation of the contract.
   * @returns the body of the answer; null where there is none. `readiness` also when the server is not ready
   * @throws PosthornApiError for every answer but success, and when none came
   */
  async call<K extends OperationId>(operation: K, ...[request]: Arguments<K>): Promise<Result<K>> {
    const [method = '', path = ''] = OPERATIONS[operation].split(' ')
    const plain = (request ?? {}) as PlainRequest
    const url = this.#baseUrl + fillIn(path, plain.params ?? {}) + queryText(plain.query ?? {})
    try {
      const response = await this.#send(method, url, plain)
      return (await readAnswer(response, operation, `${method} ${url}`)) as Result<K>
    } catch (error) {
      // Who aborted knows why.
      if (error instanceof PosthornApiError || plain.signal?.aborted) throw error
      throw unreachable(method, url, error)
    }
  }

  /** Every row of a list, page by page, as they are asked for. `query.limit` is the size of a page. */
  async *each<K extends ListOperation>(
    operation: K,
    ...[request]: Arguments<K>
  ): AsyncGenerator<Row<K>, void, undefined> {
    let cursor: string | null = null
    do {
      const given = (request ?? {}) as PlainRequest
      const query = cursor === null ? given.query : { ...given.query, cursor }
      const next = [{ ...given, query }] as unknown as Arguments<K>
      const page = (await this.call(operation, ...next)) as {
        data: Array<Row<K>>
        next_cursor: string | null
      }
      yield* page.data
      cursor = page.next_cursor
    } while (cursor !== null)
  }

  /**
   * What happens, as it happens, until the server ends it or `signal` aborts. Call again with the id of the last message
   * for what came in between.
   */
  async *live(
    request: { readonly query?: Query<'live'>; readonly lastId?: string; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<LiveMessage, void, undefined> {
    const { query = {}, lastId, signal } = request
    const [method = '', path = ''] = OPERATIONS.live.split(' ')
    const headers: Record<string, string> = {
      accept: 'text/event-stream',
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    }
    const url = this.#baseUrl + path + queryText(query)
    const response = await this.#send(method, url, { headers, ...(signal === undefined ? {} : { signal }) })
    if (!response.ok || response.body === null) throw await readProblem(response, `${method} ${url}`)
    yield* readMessages(response.body)
  }

  #send(method: string, url: string, request: PlainRequest): Promise<Response> {
    const content = request.json ?? (request.body === undefined ? undefined : JSON.stringify(request.body))
    const init: RequestInit = {
      method,
      headers: {
        accept: 'application/json',
        ...this.#headers,
        ...request.headers,
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: 'manual',
      ...(content === undefined ? {} : { body: content }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    }
    return this.#fetch(url, init)
  }
}

export function createClient(options: ClientOptions): PosthornClient {
  return new PosthornClient(options)
}

/**
 * The body of a publish around JSON that is already written, for the `json` of a request: `publishJson({ event_type:
 * 'a.b' }, '{"price":1.0}')` keeps `1.0`.
 * @param data one JSON value; it is not looked at
 */
export function publishJson(
  event: Omit<Body<'publishEvent'>, 'data' | 'data_text' | 'data_base64'>,
  data: string,
): string {
  return `${JSON.stringify(event).slice(0, -1)},"data":${data}}`
}

function fillIn(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name]
    if (!value) throw new TypeError(`The path ${path} needs params.${name}.`)
    return encodeURIComponent(value)
  })
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return ''
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}

async function readAnswer(response: Response, operation: OperationId, what: string): Promise<unknown> {
  // Not being ready is an answer, not an error; a 503 for other reasons is a problem.
  const type = response.headers.get('content-type') ?? ''
  const notReady = operation === 'readiness' && response.status === 503 && type.startsWith('application/json')
  if (!response.ok && !notReady) throw await readProblem(response, what)
  if (response.status === 204) return null
  const text = await response.text()
  if (type.startsWith('text/plain')) return text
  if (type.startsWith('application/json')) {
    try {
      return JSON.parse(text)
    } catch (error) {
      throw unexpected(response, `${what} was answered with broken JSON.`, error)
    }
  }
  const detail = `${what} was answered with ${type || 'no content type'}; is this the address of a Posthorn server?`
  throw unexpected(response, detail)
}

function unexpected(response: Response, detail: string, cause?: unknown): PosthornApiError {
  const requestId = response.headers.get(REQUEST_ID_HEADER)
  return new PosthornApiError(
    { code: 'unexpected_answer', status: response.status, detail, requestId },
    cause,
  )
}

function unreachable(method: string, url: string, error: unknown): PosthornApiError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  const { origin } = new URL(url)
  return new PosthornApiError(
    {
      code: 'unreachable',
      status: 0,
      detail: `${method} ${url} got no answer${code}. Is the server running at ${origin}?`,
    },
    error,
  )
}
