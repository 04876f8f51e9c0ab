import type { Finish } from '../../ports/finish.ts'
import type { Call } from './calls.ts'
import {
  alone,
  eventRow,
  receivedRow,
  requestRow,
  toNewEvent,
  toReceived,
  toRequestToWrite,
} from './thread-rows.ts'

/** How an item of a call's batch crosses to the thread, and what it is made into there. */
interface Crossing {
  readonly pack: (item: never) => unknown
  readonly unpack?: (packed: never) => unknown
}

/** The calls that carry bytes. */
const CROSSINGS: { readonly [P in Call['port']]?: Readonly<Record<string, Crossing>> } = {
  events: { insert: { pack: eventRow, unpack: toNewEvent } },
  requests: {
    receive: { pack: receivedRow, unpack: toReceived },
    note: { pack: requestRow, unpack: toRequestToWrite },
  },
  deliveries: { finish: { pack: compactFinish } },
}

/** A call as it crosses to the thread: cheap to copy, and its bytes stand alone. */
export function packed(call: Call): Call {
  return withEach(call, CROSSINGS[call.port]?.[call.method]?.pack)
}

/** The call that was packed. */
export function unpacked<C extends Call>(call: C): C {
  return withEach(call, CROSSINGS[call.port]?.[call.method]?.unpack)
}

function withEach<C extends Call>(call: C, each: ((item: never) => unknown) | undefined): C {
  if (each === undefined) return call
  const [batch, ...rest] = call.args as [readonly never[]]
  return { ...call, args: [batch.map(each), ...rest] }
}

function compactFinish(finish: Finish): Finish {
  if (finish.attempt === null) return finish
  const responseBody = alone(finish.attempt.responseBody)
  return responseBody === finish.attempt.responseBody
    ? finish
    : { ...finish, attempt: { ...finish.attempt, responseBody } }
}
