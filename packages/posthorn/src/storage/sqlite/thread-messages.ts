import type { Call, Reply } from './calls.ts'
import type { CoreOptions } from './core.ts'
import type { Failure } from './failures.ts'
import type { OpenReport } from './recover.ts'

/** What a thread is given at its start. */
export type ThreadRole = ({ readonly role: 'store' } & CoreOptions) | ReaderRole

export interface ReaderRole {
  readonly role: 'reader'
  readonly dataDir: string
}

export interface NumberedCall extends Call {
  readonly number: number
}

/** To the thread: the calls of one turn, or the wish that it ends. */
export type ToThread = readonly NumberedCall[] | 'close'

/** From the thread: `opened` or `failed` first, then replies as they come. `report` is null from a reader. */
export type FromThread =
  | { readonly kind: 'opened'; readonly report: OpenReport | null }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'replies'; readonly replies: ReadonlyArray<readonly [number: number, reply: Reply]> }
