import { explainRefusal } from '@posthorn/receiver/doctor'
import { type ProviderEvent, unverifiedEvent } from '@posthorn/receiver/providers'
import { readCursor } from '../../domain/cursor.ts'
import { PosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, makeId, type RequestId, type TenantId } from '../../domain/ids.ts'
import type { InboundRequest, Verdict } from '../../domain/inbound-request.ts'
import type { Tenant } from '../../domain/records.ts'
import type { RequestStore } from '../../ports/request-store.ts'
import { NO_TRACER } from '../../ports/tracer.ts'
import { notFound } from '../not-found.ts'
import { type Page, type PageRequest, page } from '../page.ts'
import { type InboxShared, tellStored } from './inbox-parts.ts'
import type { InboxSettings } from './inbox-settings.ts'
import { type How, Intake, NotTaken, type Taken } from './intake.ts'
import { asSigned, receiverOf } from './receiver-of.ts'
import { shown } from './secret-headers.ts'
import type { RequestEdits, RequestUseCases, Reverified } from './use-cases.ts'
import type { Visit } from './visit.ts'
import type { IncomingRequest } from './way-in.ts'

export interface RequestsParts {
  readonly requests: Pick<RequestStore, 'get' | 'list'>
  readonly shared: InboxShared
  /** The source as it is now, active or not. @throws PosthornError `not_found` */
  readonly settingsOf: (tenantId: TenantId, idOrSlug: string) => Promise<InboxSettings>
}

/** What came in, looked at again. */
export class Requests implements RequestUseCases {
  readonly #parts: RequestsParts

  constructor(parts: RequestsParts) {
    this.#parts = parts
  }

  async list(
    tenantId: TenantId,
    source: string,
    { verdict }: { readonly verdict: Verdict | null },
    { limit, cursor }: PageRequest,
  ): Promise<Page<InboundRequest>> {
    const { id: sourceId, provider } = await this.#parts.settingsOf(tenantId, source)
    const scope = { list: 'requests', filter: { tenantId, sourceId, verdict } }
    const before = cursor === null ? null : (readCursor(scope, cursor) as RequestId)
    const query = { tenantId, sourceId, verdict, before, limit: limit + 1 }
    const found = await this.#parts.requests.list(query)
    const { items, next } = page(found, limit, scope, ({ id }) => id)
    return { items: items.map((request) => shown(request, provider)), next }
  }

  async get(tenantId: TenantId, source: string, id: RequestId): Promise<InboundRequest> {
    const settings = await this.#parts.settingsOf(tenantId, source)
    return shown(await this.#find(settings, id), settings.provider)
  }

  async verify(tenantId: TenantId, source: string, id: RequestId): Promise<Reverified> {
    const settings = await this.#parts.settingsOf(tenantId, source)
    const { keys } = this.#parts.shared
    const stored = await this.#find(settings, id)
    const request = asSigned(settings, asItCame(stored))
    const clock = () => stored.receivedAt
    const result = await receiverOf(settings, keys, clock).verify(request)
    if (result.ok) return { ok: true, reason: null, detail: null, diagnoses: [] }
    const { provider, secrets, toleranceS } = settings
    const diagnoses = await explainRefusal(request, {
      ...{ provider, secrets, settings: settings.settings, fetchKey: keys.fetch, clock },
      ...(toleranceS === null ? {} : { toleranceS }),
    })
    return { ok: false, reason: result.reason, detail: result.detail ?? null, diagnoses }
  }

  async replay(
    tenant: Tenant,
    source: string,
    id: RequestId,
    edits: RequestEdits,
  ): Promise<{ requestId: RequestId; eventIds: readonly string[]; deliveries: number }> {
    const settings = await this.#parts.settingsOf(tenant.id, source)
    const stored = await this.#find(settings, id)
    const request = edited(stored, edits, settings)
    const taken = await this.#take(settings, stored, request, edits)
    const { publisher, telemetry } = this.#parts.shared
    const result = await publisher.receive(taken)
    tellStored(telemetry, taken, result)
    return {
      requestId: taken.request.id,
      eventIds: taken.events.map(({ event }) => event.id),
      deliveries: taken.events.reduce((sum, { targets }) => sum + targets.length, 0),
    }
  }

  async #take(
    settings: InboxSettings,
    stored: InboundRequest,
    request: IncomingRequest,
    edits: RequestEdits,
  ): Promise<Taken> {
    const { shared } = this.#parts
    const clock = () => stored.receivedAt
    const result = await receiverOf(settings, shared.keys, clock).verify(asSigned(settings, request))
    if (!result.ok && edits.unverified !== true)
      throw new PosthornError(
        'state_conflict',
        `The request ${stored.id} does not verify as of its receipt (${result.reason}). Set unverified to take it in all the same.`,
      )
    const event: ProviderEvent = result.ok ? result : unverifiedEvent(settings.provider, request)
    const how: How = { again: true, freshIds: !result.ok || isEdited(edits), unverified: !result.ok }
    try {
      return await new Intake(settings, shared).take(event, this.#visit(request), how)
    } catch (error) {
      if (!(error instanceof NotTaken)) throw error
      throw new PosthornError(
        'state_conflict',
        `The request ${stored.id} is for another tenant than the source expects (tenant.id in its body).`,
      )
    }
  }

  #visit(head: IncomingRequest): Visit {
    const { clock, random } = this.#parts.shared
    const at = clock.now()
    return {
      ...{ at, head, body: head.body, headers: head.headers as Visit['headers'] },
      id: makeId('req', at, random.bytes(ID_RANDOM_BYTES)),
      sender: { address: null, secure: null },
      span: NO_TRACER.begin('replay', null, {}, 'internal'),
    }
  }

  async #find({ tenant, id: sourceId }: InboxSettings, id: RequestId): Promise<InboundRequest> {
    const found = await this.#parts.requests.get(tenant.id, sourceId, id)
    if (found === null) throw notFound('request', id)
    return found
  }
}

/** @throws PosthornError `state_conflict` where the bytes were not kept */
function asItCame({ id, method, url, headers, body }: InboundRequest): IncomingRequest {
  if (body === null)
    throw new PosthornError(
      'state_conflict',
      `The body of the request ${id} was not kept: it was too large or never read, or the event that it repeats holds it.`,
    )
  return { method, url, headers, body }
}

function isEdited({ body, headers = {} }: RequestEdits): boolean {
  return body !== undefined || Object.keys(headers).length > 0
}

/** @throws PosthornError `state_conflict`, `body_too_large` */
function edited(stored: InboundRequest, edits: RequestEdits, settings: InboxSettings): IncomingRequest {
  if (stored.method !== 'POST' || stored.verdict === 'handshake')
    throw new PosthornError(
      'state_conflict',
      `The request ${stored.id} was a question of the provider, or none at all (${stored.method}): it brings no event.`,
    )
  const body = edits.body ?? asItCame(stored).body
  if (body.length > settings.bodyLimitBytes)
    throw new PosthornError(
      'body_too_large',
      `The body has ${body.length} bytes; the source takes at most ${settings.bodyLimitBytes}.`,
    )
  const changes = new Map(
    Object.entries(edits.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const kept = stored.headers.filter(([name]) => !changes.has(name))
  const added = [...changes].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  return { method: stored.method, url: stored.url, headers: [...kept, ...added], body }
}
