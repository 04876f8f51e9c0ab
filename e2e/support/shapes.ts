/** What the documented contract says about answers, written down again from outside. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors: ReadonlyArray<{ readonly path: string; readonly message: string }>
}

export interface Listed<T> {
  readonly data: readonly T[]
  readonly next_cursor: string | null
}

export interface Subscription {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly events: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly timeout_ms: number
  readonly max_in_flight: number
  readonly signature: { readonly scheme: string; readonly header_prefix: string }
  readonly format: string
  readonly active: boolean
}

export interface CreatedSubscription extends Subscription {
  readonly signing_secret: string
  readonly public_key?: string
}

export interface Published {
  readonly event_id: string
  readonly deliveries: number
  readonly duplicate: boolean
}

export interface Delivery {
  readonly id: string
  readonly event_id: string
  readonly event_type: string
  readonly subscription_id: string
  readonly state: 'pending' | 'delivered' | 'dead' | 'cancelled'
  readonly due_at: string
  readonly attempts: number
  readonly created_at: string
  readonly last_status_code: number | null
  readonly last_error: string | null
  readonly replay_id: string | null
}

export interface Attempt {
  readonly id: string
  readonly number: number
  readonly started_at: string
  readonly duration_ms: number
  readonly outcome: 'success' | 'retry' | 'fatal'
  readonly status_code: number | null
  readonly error: { readonly code: string; readonly detail: string } | null
  readonly response_body: string
  readonly response_base64: string | null
  readonly response_truncated: boolean
}

export interface Replay {
  readonly id: string
  readonly subscription_id: string
  readonly state: string
  readonly created: number
  readonly scanned: number
  readonly finished_at: string | null
}
