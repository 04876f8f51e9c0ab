import type { Call, Reply } from './calls.ts'
import type { Failure } from './failures.ts'
import type { OpenReport } from './recover.ts'

export interface NumberedCall extends Call {
  readonly number: number
}

/** To the thread: the calls of one turn, or the wish that it ends. */
export type ToThread = readonly NumberedCall[] | 'close'

/** From the thread: `opened` or `failed` first, then replies as they come. */
export type FromThread =
  | { readonly kind: 'opened'; readonly report: OpenReport }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'replies'; readonly replies: ReadonlyArray<readonly [number: number, reply: Reply]> }
