import type { Refusal } from '@posthorn/receiver'
import type { ProviderReceiver, ProviderResult } from '@posthorn/receiver/providers'
import { isPosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, makeId, type SourceId } from '../../domain/ids.ts'
import type { ReceiveResult } from '../../ports/request-store.ts'
import { NO_TRACER, type Tracer, traceparentOf } from '../../ports/tracer.ts'
import { errorAnswer, laterAnswer, withRequestId } from './answers.ts'
import { Guard } from './guard.ts'
import { Handshakes } from './handshakes.ts'
import { type HeaderList, headerList, onlyValue } from './headers.ts'
import { type InboxShared, tellStored } from './inbox-parts.ts'
import type { InboxSettings } from './inbox-settings.ts'
import { Intake, NotTaken, type Taken } from './intake.ts'
import { asSigned, receiverOf } from './receiver-of.ts'
import { isOwnFault, isSignatureReason, OWN_FAULTS } from './refusal-kinds.ts'
import { Refusals } from './refusals.ts'
import type { Visit } from './visit.ts'
import type { InboundAnswer, IncomingRequest, RequestHead, Sender, WayIn } from './way-in.ts'

type Later<T> = T | Promise<T>

/** Methods by which a provider asks or sends. */
const METHODS: ReadonlySet<string> = new Set(['POST', 'GET', 'OPTIONS'])
/** One line a minute says it, however many requests come with the secret that is rotated out. */
const OLD_SECRET_MS = 60_000

/**
 * The way in for one source: sender, size, handshake, signature, events, tenant and schema; stored once; answered as the
 * provider wants it; and only then worked on. A store that is away is answered 503, never 2xx and never 4xx, so that the
 * provider tries again. Made anew when its source changes: what must outlive that is in `shared`.
 */
export class Inbox implements WayIn {
  readonly sourceId: SourceId
  readonly maxBodyBytes: number
  readonly #settings: InboxSettings
  readonly #shared: InboxShared
  readonly #receiver: ProviderReceiver
  readonly #guard: Guard
  readonly #handshakes: Handshakes
  readonly #intake: Intake
  readonly #refusals: Refusals
  #oldSecretToldAt = Number.NEGATIVE_INFINITY

  /** @throws ReceiverConfigError for secrets or settings that cannot be used; TypeError for an address that is none */
  constructor(settings: InboxSettings, shared: InboxShared) {
    const { clock, keys, rates } = shared
    this.sourceId = settings.id
    this.maxBodyBytes = settings.bodyLimitBytes
    this.#settings = settings
    this.#shared = shared
    this.#receiver = receiverOf(settings, keys, () => clock.now())
    this.#guard = new Guard(settings, rates)
    this.#handshakes = new Handshakes(settings, keys)
    this.#intake = new Intake(settings, shared)
    this.#refusals = new Refusals(settings, shared)
  }

  admit(head: RequestHead, sender: Sender): InboundAnswer | null {
    const turned = this.#guard.turnedAway(sender, this.#shared.clock.now())
    return turned === null ? null : this.#refusals.turnAway(this.#visit(head, null, sender), turned)
  }

  refuseBody(head: RequestHead, sender: Sender): InboundAnswer {
    return this.#refusals.refuse(this.#visit(head, null, sender), 'body_too_large').answer
  }

  receive(request: IncomingRequest, sender: Sender, admitted = false): Promise<InboundAnswer> {
    try {
      const answer = (admitted ? null : this.admit(request, sender)) ?? this.#begin(request, sender)
      return Promise.resolve(answer)
    } catch (error) {
      return Promise.resolve(this.#broken(error))
    }
  }

  #begin(request: IncomingRequest, sender: Sender): Later<InboundAnswer> {
    const body = isBytes(request.body) ? request.body : null
    const visit = this.#visit(request, body, sender, this.#shared.tracer)
    try {
      const answer = this.#take(request, visit)
      return answer instanceof Promise ? answer.catch((error: unknown) => this.#broken(error, visit)) : answer
    } catch (error) {
      return this.#broken(error, visit)
    }
  }

  #visit(head: RequestHead, body: Uint8Array | null, sender: Sender, tracer: Tracer = NO_TRACER): Visit {
    const { clock, random } = this.#shared
    const at = clock.now()
    const headers = readable(head)
    const parent = traceparentOf(onlyValue(headers, 'traceparent'))
    const span = tracer.begin('receive', parent, { 'posthorn.source.id': this.sourceId }, 'server')
    return { id: makeId('req', at, random.bytes(ID_RANDOM_BYTES)), at, head, headers, body, sender, span }
  }

  #take(request: IncomingRequest, visit: Visit): Later<InboundAnswer> {
    if (visit.body !== null && visit.body.length > this.maxBodyBytes)
      return this.#refusals.refuse(visit, 'body_too_large').answer
    if (request.method !== 'POST' || this.#handshakes.before) return this.#askedBefore(request, visit)
    return this.#verify(request, visit)
  }

  async #askedBefore(request: IncomingRequest, visit: Visit): Promise<InboundAnswer> {
    const asks = this.#handshakes.before && METHODS.has(request.method)
    const answer = asks ? await this.#handshakes.answer('before', request, false) : null
    if (answer !== null) return this.#refusals.handshake(visit, answer)
    if (request.method !== 'POST') return this.#refusals.refuse(visit, 'method_not_allowed').answer
    return this.#verify(request, visit)
  }

  #verify(request: IncomingRequest, visit: Visit): Later<InboundAnswer> {
    const result = this.#receiver.verify(asSigned(this.#settings, request))
    // Awaited only where there is something to wait for: each `await` on the hot path is a turn of the microtask queue.
    return result instanceof Promise
      ? result.then((done) => this.#verified(request, visit, done))
      : this.#verified(request, visit, result)
  }

  #verified(request: IncomingRequest, visit: Visit, result: ProviderResult): Later<InboundAnswer> {
    if (this.#handshakes.after && (result.ok || isSignatureReason(result.reason)))
      return this.#askedAfter(request, visit, result)
    return result.ok ? this.#accept(visit, result) : this.#refused(request, visit, result)
  }

  async #askedAfter(request: IncomingRequest, visit: Visit, result: ProviderResult): Promise<InboundAnswer> {
    const answer = await this.#handshakes.answer('after', request, result.ok)
    if (!result.ok) return this.#refused(request, visit, result, answer ?? undefined)
    return answer === null ? this.#accept(visit, result) : this.#refusals.handshake(visit, answer)
  }

  #refused(
    request: IncomingRequest,
    visit: Visit,
    { reason, detail }: Refusal,
    own?: InboundAnswer,
  ): InboundAnswer {
    const { answer, id } = this.#refusals.refuse(visit, reason, own)
    if (isSignatureReason(reason)) this.#shared.doctor.consult(this.#settings, { request, id, reason })
    else if (isOwnFault(reason)) this.#log('error', OWN_FAULTS[reason], { reason, detail, request_id: id })
    return answer
  }

  #accept(visit: Visit, verified: ProviderResult & { ok: true }): Later<InboundAnswer> {
    if (verified.secretIndex > 0) this.#tellOldSecret(visit, verified)
    this.#shared.uses.note(this.#settings, verified.secretIndex, visit.at)
    try {
      const taken = this.#intake.take(verified, visit)
      if (!(taken instanceof Promise)) return this.#store(visit, taken)
      return taken.then(
        (done) => this.#store(visit, done),
        (error: unknown) => this.#notTaken(visit, error),
      )
    } catch (error) {
      return this.#notTaken(visit, error)
    }
  }

  #notTaken(visit: Visit, error: unknown): InboundAnswer {
    if (error instanceof NotTaken) return this.#refusals.refuse(visit, error.reason).answer
    if (isPosthornError(error) && (error.code === 'schema_mismatch' || error.code === 'event_type_archived'))
      return this.#refusals.refuse(visit, error.code).answer
    return this.#notStored(visit, error)
  }

  #store(visit: Visit, taken: Taken): Promise<InboundAnswer> {
    return this.#shared.publisher.receive(taken).then(
      (result) => this.#stored(visit, taken, result),
      (error: unknown) => this.#notStored(visit, error),
    )
  }

  #stored(visit: Visit, taken: Taken, result: ReceiveResult): InboundAnswer {
    tellStored(this.#shared.telemetry, taken, result)
    visit.span.end(null)
    return withRequestId(this.#settings.provider.answers.success, visit.id)
  }

  #notStored(visit: Visit, error: unknown): InboundAnswer {
    const retryAfterS = (isPosthornError(error) ? error.retryAfterS : null) ?? 1
    this.#log('error', 'an inbound request could not be stored; its sender was asked to try again', {
      request_id: visit.id,
      error: String(error),
    })
    visit.span.end('store_unavailable')
    return laterAnswer('store_unavailable', retryAfterS)
  }

  /** A defect of ours, or a request object that throws when it is looked at. */
  #broken(error: unknown, visit?: Visit): InboundAnswer {
    this.#log('error', 'an inbound request could not be handled', { error: String(error) })
    visit?.span.end('internal')
    return errorAnswer(500, 'internal')
  }

  #tellOldSecret({ id: requestId }: Visit, { id, type }: ProviderResult & { ok: true }): void {
    const now = this.#shared.clock.elapsed()
    if (now < this.#oldSecretToldAt + OLD_SECRET_MS) return
    this.#oldSecretToldAt = now
    const ids = { event_id: id, event_type: type, request_id: requestId }
    this.#log('warn', 'an old secret was used: finish the rotation', ids)
  }

  #log(level: 'warn' | 'error', text: string, fields: Readonly<Record<string, unknown>>): void {
    const { name, tenant } = this.#settings
    this.#shared.logger[level](text, { source: name, tenant_id: tenant.id, ...fields })
  }
}

function readable({ headers }: RequestHead): HeaderList {
  try {
    return headerList(headers)
  } catch {
    // An object that throws when it is read; verification will say so.
    return []
  }
}

/** Not instanceof: bytes of another realm are bytes too. */
function isBytes(value: unknown): value is Uint8Array {
  return Object.prototype.toString.call(value) === '[object Uint8Array]'
}
