import type { TenantId } from '../../domain/ids.ts'
import {
  addCount,
  countAttempt,
  countEvent,
  emptyCount,
  MINUTE_MS,
  type MinuteCount,
  type MinuteRow,
} from '../../domain/minutes.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { MinuteStore } from '../../ports/minute-store.ts'
import type { Happening, Telemetry } from '../../ports/telemetry.ts'

/** What a process that is killed loses of its counts: of attempts and events themselves nothing is lost. */
const WRITE_EVERY_MS = 5_000

export interface MinuteCountsParts {
  readonly store: MinuteStore
  readonly runId: string
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/**
 * Counts what this process does, by tenant and minute. In memory, and written every few seconds in place of what was
 * written before: an attempt costs 0.3 µs and no access to the store. Counting them from their table would need an index
 * by time, which each attempt would have to write: the one there is begins with the target.
 */
export class MinuteCounts {
  readonly #parts: MinuteCountsParts
  /** Of this minute and the one before, and of those that are not written yet. */
  readonly #rows = new Map<string, MinuteRow>()
  readonly #changed = new Set<string>()
  #timer: Timer | null = null
  #writing: Promise<void> = Promise.resolve()
  #state: 'new' | 'running' | 'stopped' = 'new'

  constructor(parts: MinuteCountsParts) {
    this.#parts = parts
  }

  note(happening: Happening): void {
    if (happening.name === 'delivery.attempted')
      countAttempt(this.#countOf(happening.tenantId as TenantId), happening)
    else if (happening.name === 'event.published' && !happening.duplicate)
      countEvent(this.#countOf(happening.tenantId as TenantId), happening.eventType)
    else if (happening.name === 'inbound.received' && happening.verdict === 'accepted')
      countEvent(this.#countOf(happening.tenantId as TenantId), happening.eventType)
  }

  /** By minute, those of this process up to now. */
  async list(tenantId: TenantId, from: number, to: number): Promise<Map<number, MinuteCount>> {
    const { store, runId } = this.#parts
    const own = (minute: number) => this.#rows.get(`${minute} ${tenantId}`)
    const stored = await store.list(tenantId, from, to)
    const newer = stored.filter((row) => row.runId !== runId || own(row.minute) === undefined)
    const mine = [...this.#rows.values()].filter(
      (row) => row.tenantId === tenantId && row.minute >= from && row.minute < to,
    )
    const counts = new Map<number, MinuteCount>()
    for (const { minute, count } of [...newer, ...mine]) {
      const sum = counts.get(minute) ?? emptyCount()
      addCount(sum, count)
      counts.set(minute, sum)
    }
    return counts
  }

  /** Before, counts are kept in memory alone: who is not started holds no timer. */
  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    this.#plan()
  }

  /** Writes what is left. What is counted later is not kept. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    this.#timer?.cancel()
    await this.#writing
    await this.#write()
  }

  #countOf(tenantId: TenantId): MinuteCount {
    const { clock, runId } = this.#parts
    const minute = Math.floor(clock.now() / MINUTE_MS)
    const name = `${minute} ${tenantId}`
    let row = this.#rows.get(name)
    if (row === undefined) {
      row = { tenantId, minute, runId, count: emptyCount() }
      this.#rows.set(name, row)
    }
    this.#changed.add(name)
    this.#plan()
    return row.count
  }

  #plan(): void {
    if (this.#timer !== null || this.#state !== 'running' || this.#changed.size === 0) return
    this.#timer = this.#parts.clock.after(WRITE_EVERY_MS, () => {
      this.#writing = this.#write().finally(() => {
        this.#timer = null
        this.#plan()
      })
    })
  }

  async #write(): Promise<void> {
    const { store, clock, telemetry } = this.#parts
    const names = [...this.#changed]
    this.#changed.clear()
    const rows = names.flatMap((name) => this.#rows.get(name) ?? [])
    try {
      if (rows.length > 0) await store.put(rows)
    } catch (error) {
      // Written with the next round; what grows meanwhile is a row for each tenant and minute.
      for (const name of names) this.#changed.add(name)
      telemetry.record({ name: 'service.failed', service: 'minutes', error: String(error) })
    }
    const minute = Math.floor(clock.now() / MINUTE_MS)
    // The one before stays: a clock that is put right by a little comes back to it, and would begin it anew.
    for (const [name, row] of this.#rows)
      if (row.minute < minute - 1 && !this.#changed.has(name)) this.#rows.delete(name)
  }
}
