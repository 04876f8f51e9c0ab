/** What an attempt in this process can end with; `docs/reference/errors.md` is generated from this table. */
export const HANDLER_ERRORS = {
  handler_failed: 'The handler threw an error.',
  handler_timeout: 'The handler took longer than its deadline.',
  handler_retry_after: 'The handler asked to be called later, by `ctx.retryAfter`.',
  handler_dropped: 'The handler wants no more of this event, by `ctx.drop`: it is not tried again.',
  payload_invalid: "The data does not fit the handler's schema: it is not tried again.",
  lease_lost: "Another process had the delivery by then: the handler's transaction was rolled back.",
  attempt_failed: 'The attempt could not be made, by a fault on this side; the detail says which.',
  signing_failed: 'The request could not be signed; the secret or the event id does not fit the scheme.',
  request_gone:
    'The inbound request was to be forwarded as it came, and is no longer stored: it is not tried again.',
} as const

export type HandlerError = keyof typeof HANDLER_ERRORS
