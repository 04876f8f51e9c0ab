import type { Readable } from 'node:stream'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Output } from './output.ts'
import type { StopSignals } from './signals.ts'

/** What a command may touch of the world. */
export interface Context {
  readonly output: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable & { readonly isTTY?: boolean }
  /** Its timers keep the process alive. */
  readonly clock: Clock
  readonly random: Random
  readonly signals: StopSignals
}
