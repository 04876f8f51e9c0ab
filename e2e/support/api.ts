/** The HTTP API as a stranger calls it: `fetch` and the words of the documented contract, no client of ours. */
import assert from 'node:assert/strict'
import type { Problem } from './shapes.ts'

export const BASE = '/api/v1/webhooks'

export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined when there is none or when it is no JSON. */
  readonly body: T
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** A string or bytes go as they are, anything else as JSON. */
  readonly body?: unknown
  /** Wanted; any other answer is an error that shows the whole answer. */
  readonly status?: number
  /** Gives up, as by a network error. */
  readonly signal?: AbortSignal
}

export class Api {
  readonly #url: () => string
  readonly #key: string | null
  readonly #tenant: string | null
  readonly #heard: ((answer: Answer<unknown>, path: string) => void) | null
  readonly #headers: Readonly<Record<string, string>>

  constructor(
    url: () => string,
    key: string | null,
    more: {
      tenant?: string
      heard?: (answer: Answer<unknown>, path: string) => void
      headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    this.#url = url
    this.#key = key
    this.#tenant = more.tenant ?? null
    this.#heard = more.heard ?? null
    this.#headers = more.headers ?? {}
  }

  /** The same, on behalf of another tenant. */
  forTenant(tenant: string): Api {
    const headers = this.#headers
    return new Api(this.#url, this.#key, { tenant, headers, ...(this.#heard ? { heard: this.#heard } : {}) })
  }

  /** The same; `heard` is told of every answer. */
  listening(heard: (answer: Answer<unknown>, path: string) => void): Api {
    const headers = this.#headers
    return new Api(this.#url, this.#key, {
      heard,
      headers,
      ...(this.#tenant ? { tenant: this.#tenant } : {}),
    })
  }

  /** As a page of the console that has signed in with this one's key. */
  async signedIn(): Promise<Api> {
    const page = { 'posthorn-console': '1', origin: this.#url() }
    const nobody = new Api(this.#url, null, { headers: page })
    const { headers } = await nobody.call('POST', '/sessions', { body: { key: this.#key }, status: 201 })
    const cookie = (headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
    return new Api(this.#url, null, {
      headers: { ...page, cookie },
      ...(this.#tenant ? { tenant: this.#tenant } : {}),
      ...(this.#heard ? { heard: this.#heard } : {}),
    })
  }

  /** A path that begins with `/` is below the base, `root:/healthz` at the root. */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
    const headers = new Headers(this.#headers)
    if (this.#key !== null) headers.set('authorization', `Bearer ${this.#key}`)
    if (this.#tenant !== null) headers.set('posthorn-tenant', this.#tenant)
    const { body } = options
    if (body !== undefined) headers.set('content-type', 'application/json')
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
    const plain = body === undefined || typeof body === 'string' || body instanceof Uint8Array
    const url = path.startsWith('root:') ? path.slice('root:'.length) : BASE + path
    const response = await fetch(this.#url() + url, {
      method,
      headers,
      redirect: 'manual',
      ...(options.signal ? { signal: options.signal } : {}),
      ...(body === undefined ? {} : { body: (plain ? body : JSON.stringify(body)) as BodyInit }),
    })
    const text = await response.text()
    const answer = { status: response.status, headers: response.headers, text, body: parsed(text) as T }
    this.#heard?.(answer, path)
    if (options.status !== undefined)
      assert.equal(
        answer.status,
        options.status,
        `${method} ${path}: ${answer.status} ${text.slice(0, 2000)}`,
      )
    return answer
  }

  /** GET that must be answered 200. */
  async get<T>(path: string): Promise<T> {
    return (await this.call<T>('GET', path, { status: 200 })).body
  }

  /** POST that must be answered with `status`. */
  async post<T>(path: string, body: unknown, status: number): Promise<T> {
    return (await this.call<T>('POST', path, { ...(body === undefined ? {} : { body }), status })).body
  }

  /** A call that must be refused as RFC 9457 says, with this status and code. */
  async refused(
    status: number,
    code: string,
    method: string,
    path: string,
    options: CallOptions = {},
  ): Promise<Problem> {
    const answer = await this.call<Problem>(method, path, options)
    const shown = `${method} ${path}: ${answer.status} ${answer.text.slice(0, 2000)}`
    assert.equal(answer.status, status, shown)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/, shown)
    const problem = answer.body
    assert.deepEqual(
      Object.keys(problem).sort(),
      ['code', 'detail', 'errors', 'status', 'title', 'type'],
      shown,
    )
    assert.equal(problem.code, code, shown)
    assert.equal(problem.status, status, shown)
    assert.ok(problem.detail.length > 0 && problem.title.length > 0 && problem.type.length > 0, shown)
    return problem
  }

  /** All rows of a list, page by page. */
  async all<T>(path: string, limit = 250): Promise<T[]> {
    const rows: T[] = []
    let cursor: string | null = null
    do {
      const sign = path.includes('?') ? '&' : '?'
      const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page: { data: T[]; next_cursor: string | null } = await this.get(
        `${path}${sign}limit=${limit}${more}`,
      )
      rows.push(...page.data)
      cursor = page.next_cursor
    } while (cursor !== null)
    return rows
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
