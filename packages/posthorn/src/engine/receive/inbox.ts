import { hash } from 'node:crypto'
import type { SignatureScheme, VerifiedEvent, VerifyRequest } from '@posthorn/receiver'
import { createSyncReceiver, type SyncReceiver } from '@posthorn/receiver/node'
import { ownBytes } from '../../domain/bytes.ts'
import { isPosthornError } from '../../domain/error.ts'
import type { SourceId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/records.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Handlers } from '../handle/handlers.ts'
import { contentHash } from '../publish/new-records.ts'
import type { Publisher } from '../publish/publisher.ts'

export interface SourceOptions {
  readonly scheme: SignatureScheme
  /** The current one first, those that are being rotated out after it. */
  readonly secrets: readonly string[]
  readonly toleranceS?: number
  /** Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** `skip`: events whose `data.test` is true are acknowledged, stored and not handled. Default `handle`. */
  readonly testEvents?: 'handle' | 'skip'
}

export interface InboxParts {
  readonly name: string
  readonly options: SourceOptions
  readonly tenant: Tenant
  readonly publisher: Publisher
  readonly handlers: Handlers
  readonly clock: Clock
  readonly logger: Logger
  readonly telemetry: Telemetry
}

/** An HTTP answer; adapters of `@posthorn/receiver` write it. */
export interface InboxAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * The way in for one source: verify, deduplicate, store, answer, and only then work. A store that is away is answered
 * 503, never 2xx and never 4xx, so that the provider tries again.
 */
export class Inbox {
  readonly sourceId: SourceId
  readonly maxBodyBytes: number
  readonly #parts: InboxParts
  readonly #receiver: SyncReceiver

  /** @throws ReceiverConfigError for secrets or options that cannot be used */
  constructor(parts: InboxParts) {
    const { scheme, secrets, toleranceS, maxBodyBytes } = parts.options
    this.#parts = parts
    this.sourceId = `src_${parts.name}`
    this.#receiver = createSyncReceiver({
      scheme,
      secrets,
      clock: () => parts.clock.now(),
      onOldSecret: (event) =>
        parts.logger.warn('an old secret was used: finish the rotation', {
          source: parts.name,
          event_id: event.id,
        }),
      ...(toleranceS === undefined ? {} : { toleranceS }),
      ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    })
    this.maxBodyBytes = this.#receiver.maxBodyBytes
  }

  /** Never throws. @param address of the sender, for the log */
  async receive(request: VerifyRequest, address: string | null = null): Promise<InboxAnswer> {
    const result = this.#receiver.verify(request)
    if (result.ok) return this.#store(result)
    const { telemetry, logger, name } = this.#parts
    telemetry.record({ name: 'inbound.refused', sourceId: this.sourceId, reason: result.reason, address })
    if (result.reason === 'body_too_large') return answer(413, 'body_too_large')
    if (result.reason !== 'body_not_bytes') return answer(401, 'invalid_signature')
    logger.error('the body came parsed instead of as bytes: mount the adapter before any body parser', {
      source: name,
    })
    return answer(500, 'verification_failed')
  }

  async #store(verified: VerifiedEvent): Promise<InboxAnswer> {
    const { tenant, publisher, telemetry, clock } = this.#parts
    const { sourceId } = this
    const now = clock.now()
    const type = verified.type !== undefined && PLAIN.test(verified.type) ? verified.type : 'unknown'
    const id = eventId(verified)
    const contentType = verified.contentType ?? 'application/json'
    const event = {
      tenantId: tenant.id,
      sourceId,
      id,
      type,
      contentType,
      data: ownBytes(verified.body),
      contentHash: contentHash(type, contentType, verified.body),
      occurredAt: verified.timestamp ?? now,
      receivedAt: now,
      requestId: null,
      trace: null,
      dedupeUntil: null,
    }
    try {
      const { duplicate } = await publisher.accept(event, this.#targets(event, verified), now)
      telemetry.record({ name: 'inbound.received', sourceId, eventId: id, eventType: type, duplicate })
      return duplicate ? { status: 200 } : { status: 202 }
    } catch (error) {
      return this.#failed(error, id, type)
    }
  }

  #targets(event: { id: string; type: string; tenantId: Tenant['id'] }, verified: VerifiedEvent) {
    const { handlers, options, telemetry } = this.#parts
    const skip = (reason: string) => {
      const { id: eventId, type: eventType, tenantId } = event
      telemetry.record({
        name: 'event.skipped',
        tenantId,
        eventId,
        eventType,
        sourceId: this.sourceId,
        reason,
      })
      return []
    }
    if (options.testEvents === 'skip' && isTest(verified.payload)) return skip('a test event')
    const targets = handlers.match(this.#parts.name, event.type)
    return targets.length === 0 ? skip('no handler for its type') : targets
  }

  #failed(error: unknown, eventId: string, eventType: string): InboxAnswer {
    // Providers repeat an event with small changes (Stripe counts its pending webhooks in it): the first one holds.
    if (isPosthornError(error) && error.code === 'event_conflict') {
      this.#parts.telemetry.record({
        name: 'inbound.received',
        sourceId: this.sourceId,
        eventId,
        eventType,
        duplicate: true,
      })
      return { status: 200 }
    }
    this.#parts.logger.error('an inbound event could not be stored; its sender was asked to try again', {
      source: this.#parts.name,
      event_id: eventId,
      error: String(error),
    })
    return answer(503, 'store_unavailable', { 'retry-after': '1' })
  }
}

/** What the columns, headers and logs can carry; a provider's id or type is whatever its body says. */
const PLAIN = /^[\x21-\x7e]{1,255}$/

/** An odd id is replaced by its hash; a provider without ids repeats the same bytes, which are their own id then. */
function eventId({ id, body }: VerifiedEvent): string {
  if (id === undefined) return `body-${digest(body)}`
  return PLAIN.test(id) ? id : `id-${digest(Buffer.from(id))}`
}

function digest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex').slice(0, 40)
}

function isTest(payload: unknown): boolean {
  if (typeof payload !== 'object' || payload === null) return false
  const { test, data } = payload as { test?: unknown; data?: { test?: unknown } | null }
  return test === true || (typeof data === 'object' && data !== null && data.test === true)
}

function answer(status: number, error: string, headers: Record<string, string> = {}): InboxAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ error }),
  }
}
