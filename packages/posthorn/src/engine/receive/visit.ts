import { ownBytes } from '../../domain/bytes.ts'
import type { RequestId } from '../../domain/ids.ts'
import type { InboundRequest } from '../../domain/inbound-request.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Span } from '../../ports/tracer.ts'
import type { HeaderList } from './headers.ts'
import type { InboxSettings } from './inbox-settings.ts'
import { clearedHeaders, clearedUrl } from './secret-headers.ts'
import type { RequestHead, Sender } from './way-in.ts'

/** One request on its way through an inbox. */
export interface Visit {
  readonly id: RequestId
  /** epoch ms */
  readonly at: number
  readonly head: RequestHead
  readonly headers: HeaderList
  /** null: not read. */
  readonly body: Uint8Array | null
  readonly sender: Sender
  readonly span: Span
}

/** What became of it, for the record. */
type Made = Pick<InboundRequest, 'verdict' | 'reason' | 'status' | 'secretIndex' | 'eventIds' | 'body'>

/** The request as it came: to be verified again, to be forwarded. */
export function keptRequest(visit: Visit, settings: InboxSettings, made: Made): InboundRequest {
  const { id, at, head, headers, sender } = visit
  return {
    id,
    tenantId: settings.tenant.id,
    sourceId: settings.id,
    receivedAt: at,
    method: head.method.slice(0, METHOD_CHARS),
    url: head.url,
    headers,
    address: sender.address,
    ...made,
  }
}

/** A request that made no event: without what it may have carried of secrets, and without a large body. */
export function notedRequest(
  visit: Visit,
  settings: InboxSettings,
  made: Omit<Made, 'secretIndex' | 'eventIds' | 'body'>,
): InboundRequest {
  const body = visit.body !== null && visit.body.length <= LIMITS.refusedBodyKeptBytes ? visit.body : null
  const kept = keptRequest(visit, settings, {
    ...made,
    secretIndex: null,
    eventIds: [],
    body: body === null ? null : ownBytes(body),
  })
  return {
    ...kept,
    url: clearedUrl(kept.url),
    headers: clearedHeaders(kept.headers, settings.provider),
  }
}

/** `OPTIONS` has 7; more is a stranger's invention. */
const METHOD_CHARS = 20
