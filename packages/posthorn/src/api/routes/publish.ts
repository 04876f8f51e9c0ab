import { isPosthornError, PosthornError } from '../../domain/error.ts'
import type { SubscriptionId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import { pointer } from '../../domain/pointer.ts'
import type { Published, PublishInput } from '../../engine/use-cases.ts'
import { traceparentOf } from '../../ports/tracer.ts'
import { type Call, type Handlers, type Tools, tenantOf } from '../http/handler.ts'
import { toPosthornError, toProblem } from '../http/problem.ts'
import { FLAWS_MAX, invalid, UNKNOWN, type Validator } from '../http/validation.ts'
import { type ObjectSpan, type Span, scanList, scanObject } from '../json/scan.ts'
import { jsonText } from '../json/text.ts'
import { fromEventObject, type PublishContext } from '../wire/publish.ts'

/** `data` may be as deep in an event of a batch as in one published alone: the objects round it do not count. */
const EVENT_DEPTH = LIMITS.jsonDepth + 1
const BATCH_DEPTH = LIMITS.jsonDepth + 3

type Publishing = 'publishEvent' | 'publishEvents' | 'replayEvent'

/** The hot path: what the body says is read once, and the answer is written by hand. */
export function publishHandlers({ useCases, validator, log }: Tools): Handlers<Publishing> {
  const { events, audit } = useCases
  return {
    async publishEvent(call) {
      const published = await events.publish(tenantOf(call), readEvent(call, validator))
      return { status: 202, body: jsonText(publishedText(published)) }
    },
    async publishEvents(call) {
      const inputs = readBatch(call, validator)
      const sound = inputs.filter((input): input is PublishInput => !(input instanceof Error))
      const published = sound.length === 0 ? [] : await events.publishBatch(tenantOf(call), sound)
      refuseWhenNothingIsStored(published)
      let next = 0
      const results = inputs.map((input, index) => {
        const result = input instanceof Error ? input : (published[next++] as Published | Error)
        if (!(result instanceof Error)) return publishedText(result)
        const error = toPosthornError(result, call.requestId)
        if (error.code === 'internal')
          log.error('a publish of a batch failed', { request_id: call.requestId, error: result })
        return JSON.stringify(toProblem(input instanceof Error ? error : placed(error, `/events/${index}`)))
      })
      return { status: 202, body: jsonText(`{"results":[${results.join(',')}]}`) }
    },
    async replayEvent(call) {
      const { id } = call.params
      const subscriptionId = (call.body.subscription_id ?? null) as SubscriptionId | null
      const made = await events.replay(tenantOf(call), id, subscriptionId, call.query.source ?? null)
      const object = { kind: 'event', id, name: id }
      await audit.note({ tenantId: tenantOf(call).id, action: 'event.replayed', object })
      return { status: 202, body: { event_id: id, deliveries: made.length, delivery_ids: [...made] } }
    },
  }
}

function readEvent(call: Call<'publishEvent'>, validator: Validator): PublishInput {
  const root = scanObject(call.bytes, EVENT_DEPTH)
  if (root === null) throw invalid([{ path: '', message: 'must be an object' }])
  return fromEventObject(
    call.bytes,
    root,
    '',
    { ...causeOf(call), validator },
    call.headers['idempotency-key'],
  )
}

/** What brought the events: the HTTP request, and the trace that it belongs to. */
function causeOf(call: Call<'publishEvent'> | Call<'publishEvents'>): Omit<PublishContext, 'validator'> {
  return { requestId: call.requestId, trace: traceparentOf(call.headers.traceparent) }
}

/** A 2xx that stored nothing, because nothing can be stored just now, would be a promise broken: it is a 503. */
function refuseWhenNothingIsStored(published: ReadonlyArray<Published | Error>): void {
  const [first] = published
  if (first !== undefined && published.every((one) => isPosthornError(one) && one.status === 503)) throw first
}

/** What is wrong with the batch as a whole is thrown; what is wrong with one event stands in its place. */
function readBatch(call: Call<'publishEvents'>, validator: Validator): Array<PublishInput | PosthornError> {
  const { bytes } = call
  const list = scanList(bytes, BATCH_DEPTH, 'events', LIMITS.batchEvents)
  if (list === null) throw invalid([{ path: '', message: 'must be an object' }])
  const { root, elements, count } = list
  if (root.duplicate !== null) throw invalid([{ path: pointer(root.duplicate), message: 'is given twice' }])
  const unknown = [...root.members.keys()].filter((key) => key !== 'events')
  if (unknown.length > 0)
    throw invalid(unknown.slice(0, FLAWS_MAX).map((key) => ({ path: pointer(key), message: UNKNOWN })))
  if (elements === null)
    throw invalid([
      { path: '/events', message: root.members.has('events') ? 'must be a list' : 'is missing' },
    ])
  if (count === 0 || count > LIMITS.batchEvents)
    throw invalid([{ path: '/events', message: `must hold 1 to ${LIMITS.batchEvents} events, not ${count}` }])
  const context = { ...causeOf(call), validator }
  return elements.map((element, index) => readElement(bytes, element, `/events/${index}`, context))
}

function readElement(
  bytes: Buffer,
  element: ObjectSpan | Span,
  where: string,
  context: PublishContext,
): PublishInput | PosthornError {
  if (!('members' in element)) return invalid([{ path: where, message: 'must be an object' }])
  try {
    return fromEventObject(bytes, element, where, context)
  } catch (error) {
    if (isPosthornError(error)) return error
    throw error
  }
}

/** The engine names places within one event. */
function placed(error: PosthornError, where: string): PosthornError {
  if (error.flaws.length === 0) return error
  const flaws = error.flaws.map(({ path, message }) => ({ path: where + path, message }))
  return new PosthornError(error.code, error.message, { flaws, cause: error })
}

function publishedText({ eventId, deliveries, duplicate }: Published): string {
  return `{"event_id":${JSON.stringify(eventId)},"deliveries":${deliveries},"duplicate":${duplicate}}`
}
