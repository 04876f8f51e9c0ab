import { hash } from 'node:crypto'
import { outboundScheme } from '@posthorn/receiver'
import { createSyncSigner, type SyncSigner } from '@posthorn/receiver/node'
import { bodyContentType } from '../../domain/body.ts'
import { ANSWER_ERRORS, classifyStatus, retryAfterMs } from '../../domain/classify.ts'
import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { EventRecord } from '../../domain/event.ts'
import { eventIdFlaw } from '../../domain/event-id.ts'
import { writeExchange } from '../../domain/exchange.ts'
import type { SourceId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/records.ts'
import type { RetryPolicy } from '../../domain/retry-policy.ts'
import type { BodyFormat, Subscription } from '../../domain/subscription.ts'
import type { Clock } from '../../ports/clock.ts'
import type { RequestStore } from '../../ports/request-store.ts'
import type { HttpTransport, OutboundResult } from '../../ports/transport.ts'
import { HANDLER_ERRORS } from '../handle/handler-errors.ts'
import type { BodyMemo } from './body-memo.ts'
import { type Message, receivedMessage } from './received-message.ts'
import { type AttemptReport, failureReport, type Target, type Try } from './target.ts'
import type { TargetPolicy } from './targets.ts'

export interface HttpTargetParts {
  readonly subscription: Subscription
  readonly tenant: Tenant
  /** Newest first; asked again only when one of them may have expired. */
  readonly secretsInForce: (subscription: Subscription, now: number) => readonly string[]
  /** For the format `received`. */
  readonly requests: Pick<RequestStore, 'get'>
  /** Headers of a source's requests that carry its secret; lower case. */
  readonly tokensOf: (source: SourceId) => readonly string[]
  readonly transport: HttpTransport
  readonly clock: Clock
  readonly userAgent: string
  readonly bodies: BodyMemo
}

/**
 * A subscription as a target: builds the body and signs, or takes the inbound request as it came; POSTs; classifies the
 * answer.
 */
export class HttpTarget implements Target {
  readonly id: Subscription['id']
  readonly format: BodyFormat
  readonly policy: TargetPolicy
  readonly retry: RetryPolicy
  readonly active: boolean
  readonly timeoutMs: number
  readonly #parts: HttpTargetParts
  readonly #fixedHeaders: ReadonlyArray<readonly [string, string]>
  /** Of headers whose values are not shown. */
  readonly #secretNames: ReadonlySet<string>
  #signer: { readonly signer: SyncSigner; readonly validUntil: number } | null = null

  constructor(parts: HttpTargetParts) {
    const { subscription } = parts
    this.#parts = parts
    this.id = subscription.id
    this.format = subscription.format
    const { maxInFlight, rateLimit, updatedAt } = subscription
    this.policy = { maxInFlight, rateLimit, breaker: true, shared: true, revision: updatedAt }
    this.retry = subscription.retry
    this.active = subscription.active
    this.timeoutMs = subscription.timeoutMs
    this.#secretNames = new Set(Object.keys(subscription.headers).map((name) => name.toLowerCase()))
    this.#fixedHeaders = [
      ['user-agent', parts.userAgent],
      ...Object.entries(subscription.headers).map(([name, value]) => [name.toLowerCase(), value] as const),
    ]
  }

  async attempt(leased: LeasedDelivery, { number, signal, traceparent }: Try): Promise<AttemptReport> {
    const { subscription, tenant, transport, clock } = this.#parts
    let message: Message | null
    if (leased.delivery.format === 'received') {
      message = await this.#received(leased, number)
      if (message === null) return failureReport('request_gone', GONE, { outcome: 'fatal' })
    } else
      try {
        message = this.#signed(leased, number)
      } catch (error) {
        return failureReport('signing_failed', error instanceof Error ? error.message : String(error))
      }
    const { headers, body } = message
    if (traceparent !== null) headers.push(['traceparent', traceparent])
    const request = {
      url: subscription.url,
      isolation: tenant.id,
      headers,
      body,
      timeoutMs: this.timeoutMs,
      signal,
    }
    const result = await transport.send(request)
    const answered = result.kind === 'response' ? result.headers : null
    const exchange = writeExchange(subscription.url, headers, this.#hidden(leased), answered)
    return { ...report(result, subscription.onClientError, clock.now()), exchange }
  }

  /** What came in and is sent on may carry the secret of its source. */
  #hidden({ delivery, event }: LeasedDelivery): ReadonlySet<string> {
    if (delivery.format !== 'received' || event.sourceId === null) return this.#secretNames
    return new Set([...this.#secretNames, ...this.#parts.tokensOf(event.sourceId)])
  }

  #signed(leased: LeasedDelivery, number: number): Message {
    const { tenant, bodies, clock } = this.#parts
    const { delivery, event } = leased
    const body = bodies.body(leased, tenant)
    const now = clock.now()
    const id = wireId(event)
    const message = { id, timestampMs: now, type: event.type, deliveryId: delivery.id, body }
    const signed = this.#signerAt(now).sign(message)
    const headers: Message['headers'] = [
      ['content-type', bodyContentType(delivery.format, event)],
      ['posthorn-delivery', delivery.id],
      ['posthorn-attempt', String(number)],
      ...this.#fixedHeaders,
      ...signed.map(([name, value]) => [name.toLowerCase(), value] as const),
    ]
    if (event.sourceId !== null) headers.push(['posthorn-source', event.sourceId])
    return { headers, body }
  }

  /** As it came, and not signed again; null: the request is gone. */
  #received({ delivery, event }: LeasedDelivery, number: number): Promise<Message | null> {
    return receivedMessage(this.#parts.requests, event, [
      ['content-type', event.contentType],
      ['posthorn-delivery', delivery.id],
      ['posthorn-attempt', String(number)],
      ['posthorn-source', event.sourceId ?? ''],
      ...this.#fixedHeaders,
    ])
  }

  /** Keys are prepared once, and again only when a rotation's overlap has run out. */
  #signerAt(now: number): SyncSigner {
    if (this.#signer !== null && now < this.#signer.validUntil) return this.#signer.signer
    const { subscription, secretsInForce } = this.#parts
    const scheme = outboundScheme(subscription.signature.scheme, {
      headerPrefix: subscription.signature.headerPrefix,
    })
    const signer = createSyncSigner({ scheme, secrets: secretsInForce(subscription, now) })
    const expiries = subscription.secrets.flatMap(({ expiresAt }) =>
      expiresAt !== null && expiresAt > now ? [expiresAt] : [],
    )
    this.#signer = { signer, validUntil: Math.min(...expiries, Number.POSITIVE_INFINITY) }
    return signer
  }
}

const GONE = HANDLER_ERRORS.request_gone

/**
 * The id that the signature names. A provider's id may have a full stop, which most schemes put between what they sign:
 * such a one goes out as its hash, the same in every attempt.
 */
function wireId({ id, sourceId }: EventRecord): string {
  if (sourceId === null || eventIdFlaw(id) === null) return id
  return `id-${hash('sha256', id, 'hex').slice(0, 40)}`
}

function report(
  result: OutboundResult,
  onClientError: 'retry' | 'drop',
  now: number,
): Omit<AttemptReport, 'exchange'> {
  if (result.kind === 'error')
    return failureReport(result.code, result.detail, { aborted: result.code === 'aborted' })
  const verdict = classifyStatus(result.statusCode, onClientError)
  return {
    outcome: verdict.outcome,
    statusCode: result.statusCode,
    errorCode: verdict.error,
    errorDetail: verdict.error === null ? null : ANSWER_ERRORS[verdict.error],
    responseBody: result.body,
    responseTruncated: result.truncated,
    retryAfterMs: verdict.outcome === 'retry' ? retryAfterMs(result.retryAfter, now) : null,
    gone: verdict.gone,
    aborted: false,
    settled: null,
  }
}
