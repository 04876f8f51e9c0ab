/**
 * The catalogue of what Posthorn answers when it cannot do what was asked. `code` is stable; `docs/reference/errors.md`
 * is generated from this table, and the tests compare both ways.
 */
export const ERRORS = {
  invalid_request: { status: 400, title: 'The request does not fit the contract.' },
  json_malformed: { status: 400, title: 'The body is not valid JSON.' },
  json_too_deep: { status: 400, title: 'The JSON is nested too deep.' },
  cursor_invalid: { status: 400, title: 'The cursor was not made by this list, or was changed.' },
  unauthorized: { status: 401, title: 'No valid API key was given.' },
  forbidden: { status: 403, title: 'The API key does not allow this.' },
  csrf_refused: { status: 403, title: 'A session may change things only from its own pages.' },
  not_found: { status: 404, title: 'There is no such thing here.' },
  method_not_allowed: { status: 405, title: 'The path exists, but not with this method.' },
  request_timeout: { status: 408, title: 'The request did not arrive in time.' },
  event_conflict: { status: 409, title: 'The event id is taken by an event with other content.' },
  name_taken: { status: 409, title: 'The name is taken.' },
  state_conflict: { status: 409, title: 'Its present state does not allow this.' },
  changed_meanwhile: { status: 409, title: 'It was changed by somebody else at the same time; try again.' },
  body_too_large: { status: 413, title: 'The body is larger than is accepted.' },
  media_type_unsupported: { status: 415, title: 'The content type is not accepted here.' },
  url_refused: { status: 422, title: 'The URL may not be called.' },
  header_refused: { status: 422, title: 'A custom header may not be set.' },
  secret_refused: { status: 422, title: 'The signing secret is not fit for the scheme.' },
  schema_refused: { status: 422, title: 'The JSON Schema cannot be used.' },
  schema_mismatch: { status: 422, title: 'The data does not fit the schema of its event type.' },
  event_type_archived: { status: 422, title: 'The event type is archived.' },
  rate_limited: { status: 429, title: 'Too many requests; wait as Retry-After says.' },
  headers_too_large: { status: 431, title: 'The request line and the headers are larger than is accepted.' },
  internal: { status: 500, title: 'Something broke here; the log knows more under the request id.' },
  secret_unreadable: { status: 500, title: 'A stored secret cannot be opened with this secret key.' },
  store_unavailable: { status: 503, title: 'Nothing can be stored just now; nothing was accepted.' },
  stopping: { status: 503, title: 'The process is shutting down.' },
  // Not over HTTP: what stops a start or a call of the library.
  config_invalid: { status: 500, title: 'The configuration is not usable.' },
  data_dir_locked: { status: 500, title: 'Another process holds the data folder.' },
  schema_newer: { status: 500, title: 'The database was written by a newer Posthorn.' },
  schema_outdated: { status: 500, title: 'The database needs migrations, and they were not allowed.' },
  store_moved: { status: 500, title: 'What is in the data folder was moved to another database.' },
  store_unfinished: { status: 500, title: 'A copy into the database was begun and has not ended.' },
  store_damaged: { status: 500, title: 'The database file is damaged or is not ours.' },
  sql_failed: { status: 500, title: 'The database could not run a statement of the application.' },
  sql_refused: { status: 500, title: 'A statement of the application may not be run in a transaction here.' },
  transaction_timeout: { status: 500, title: 'A transaction took too long and was rolled back.' },
} as const satisfies Record<string, { status: number; title: string }>

export type ErrorCode = keyof typeof ERRORS

/** One place in the input that is wrong. */
export interface Flaw {
  /** JSON Pointer into the body, or `query/limit`, `header/posthorn-tenant`. */
  readonly path: string
  readonly message: string
}

export class PosthornError extends Error {
  override readonly name = 'PosthornError'
  readonly code: ErrorCode
  readonly flaws: readonly Flaw[]
  /** Seconds after which a repeat makes sense, for 429 and 503. */
  readonly retryAfterS: number | null

  /** @param detail what, where, and what to do; shown to the caller, so never a secret */
  constructor(
    code: ErrorCode,
    detail: string,
    more: { flaws?: readonly Flaw[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.flaws = more.flaws ?? []
    this.retryAfterS = more.retryAfterS ?? null
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}

/** True also for an error of another copy of this package. */
export function isPosthornError(value: unknown): value is PosthornError {
  return (
    value instanceof Error &&
    value.name === 'PosthornError' &&
    'code' in value &&
    String(value.code) in ERRORS
  )
}
