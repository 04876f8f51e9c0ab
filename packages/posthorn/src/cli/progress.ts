import type { Clock } from '../ports/clock.ts'
import type { Output } from './output.ts'
import { spanText } from './text/time.ts'
import { clip } from './text/width.ts'

/** Often enough to look alive, seldom enough to cost nothing. */
const FRAME_MS = 100
/** Without a terminal each report is a line that stays in a log. */
const LINE_MS = 3000
const BAR_COLUMNS = 24

export interface ProgressState {
  readonly done: number
  /** What is counted: `events`. */
  readonly unit: string
  /** How much of the whole is done, in [0, 1]; null: nobody knows. */
  readonly share: number | null
  /** What else is to be said, such as `3 refused`. */
  readonly more?: string
}

/** A bar on stderr that redraws itself on a terminal, and elsewhere a line every few seconds. */
export class Progress {
  readonly #output: Output
  readonly #clock: Clock
  readonly #label: string
  readonly #startedAt: number
  #shownAt: number
  #drawn = false

  constructor(output: Output, clock: Clock, label: string) {
    this.#output = output
    this.#clock = clock
    this.#label = label
    this.#startedAt = clock.elapsed()
    this.#shownAt = this.#startedAt
  }

  /** Cheap to call as often as one likes. */
  update(state: ProgressState): void {
    const now = this.#clock.elapsed()
    const terminal = this.#output.isTerminal('stderr')
    if (now - this.#shownAt < (terminal ? FRAME_MS : LINE_MS)) return
    this.#shownAt = now
    const text = progressText(this.#label, state, now - this.#startedAt, terminal)
    if (!terminal) this.#output.note(text)
    else this.#draw(text)
  }

  /** Writes a line above the bar. */
  note(text: string): void {
    this.clear()
    this.#output.note(text)
  }

  clear(): void {
    if (!this.#drawn) return
    this.#output.raw('\r\x1b[2K')
    this.#drawn = false
  }

  #draw(text: string): void {
    this.#output.raw(`\r\x1b[2K${clip(text, this.#output.noteWidth - 1)}`)
    this.#drawn = true
  }
}

export function progressText(
  label: string,
  { done, unit, share, more }: ProgressState,
  elapsedMs: number,
  bar: boolean,
): string {
  const rate = elapsedMs > 0 ? Math.round((done * 1000) / elapsedMs) : 0
  const parts = [
    ...(share === null ? [] : [`${bar ? `${barText(share)} ` : ''}${Math.floor(share * 100)} %`]),
    `${count(done)} ${unit}`,
    `${count(rate)}/s`,
    ...(share === null || share <= 0 || share >= 1
      ? []
      : [`${spanText((elapsedMs * (1 - share)) / share)} left`]),
    ...(more ? [more] : []),
  ]
  return `${label} ${parts.join(', ')}`
}

function barText(share: number): string {
  const full = Math.round(share * BAR_COLUMNS)
  return `[${'█'.repeat(full)}${'·'.repeat(BAR_COLUMNS - full)}]`
}

/** 1234567 → 1,234,567 */
export function count(value: number): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ',')
}
