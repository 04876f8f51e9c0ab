import assert from 'node:assert/strict'
import type { TargetId } from '../../domain/ids.ts'
import type { Queue, WakeUp } from '../../ports/queue.ts'
import { wakefulClock } from '../../system/clock.ts'

/** Where the queues of one cluster meet. */
export interface QueuePlace {
  /** A queue as one more process has it. The suite stops it. */
  queue(): Promise<Queue>
  /** The server forgets everything. Without it the cases that need it are skipped and say so. */
  forget?(): Promise<void>
  /** The server is cut off: what is open breaks, what is new is refused. Likewise. @returns brings it back */
  cutOff?(): Promise<() => Promise<void>>
  close(): Promise<void>
}

export type QueueCapability = 'shared' | 'keepsTimes' | 'forget' | 'cutOff'

export interface QueueCase {
  readonly name: string
  readonly needs?: readonly QueueCapability[]
  readonly run: (world: QueueWorld) => Promise<void>
}

/** A call of `wake`: when it came, and what it was said to be for. */
export interface Woken {
  readonly at: number
  readonly wakeUps: readonly WakeUp[]
}

const LATE_MS = 1_500
/** An engine announces again and again what is due; and a server that was away needs its time to be found again. */
const AGAIN_MS = 100
const RECOVERED_MS = 20_000

/** One process with its queue, and how it was woken. */
export class Process {
  readonly queue: Queue
  readonly woken: Woken[] = []
  readonly #told = new Set<() => void>()

  constructor(queue: Queue) {
    this.queue = queue
  }

  async start(onWake?: () => void): Promise<this> {
    await this.queue.start((wakeUps) => {
      this.woken.push({ at: wakefulClock.now(), wakeUps })
      onWake?.()
      for (const tell of [...this.#told]) tell()
    })
    return this
  }

  announce(at: number, lane: string | null = 'sub_a'): void {
    this.queue.announce([{ targetId: lane as TargetId | null, at }])
  }

  listen(tell: () => void): () => void {
    this.#told.add(tell)
    return () => this.#told.delete(tell)
  }
}

export class QueueWorld {
  readonly place: QueuePlace
  readonly lateMs: number
  readonly #processes: Process[] = []

  constructor(place: QueuePlace, lateMs = LATE_MS) {
    this.place = place
    this.lateMs = lateMs
  }

  now(): number {
    return wakefulClock.now()
  }

  async process(): Promise<Process> {
    const process = new Process(await this.place.queue())
    this.#processes.push(process)
    return process
  }

  async started(onWake?: () => void): Promise<Process> {
    return await (await this.process()).start(onWake)
  }

  /** All wake-ups of all processes so far. */
  get woken(): readonly Woken[] {
    return this.#processes.flatMap(({ woken }) => woken)
  }

  /** Resolves with the first wake-up that comes at or after a time, in any process. @throws when it is late */
  async wokenSince(at: number, lateMs = this.lateMs): Promise<Woken> {
    const latest = Math.max(at, this.now()) + lateMs
    const found = await this.#until(() => this.woken.find((one) => one.at >= at), latest)
    assert.ok(found !== undefined, `nobody was woken for ${at} by ${latest}. ${this.#story()}`)
    return found
  }

  /** As an engine does it: announces what is due until somebody is woken. */
  async wokenAgain(announcing: Process): Promise<Woken> {
    const since = this.now()
    const latest = since + RECOVERED_MS
    for (let next = since; ; next += AGAIN_MS) {
      announcing.announce(this.now())
      const found = await this.#until(() => this.woken.find((one) => one.at >= since), next + AGAIN_MS)
      if (found !== undefined) return found
      assert.ok(this.now() < latest, `nobody was woken within ${RECOVERED_MS} ms`)
    }
  }

  /** When time itself is what is waited for: to see that nothing happens. */
  async reach(at: number): Promise<void> {
    await this.#until(() => undefined, at)
  }

  async close(): Promise<void> {
    for (const { queue } of this.#processes) await queue.stop()
  }

  async #until<T>(look: () => T | undefined, latest: number): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<T | undefined>()
    const check = () => {
      const found = look()
      if (found !== undefined) resolve(found)
    }
    const deaf = this.#processes.map((process) => process.listen(check))
    const timer = wakefulClock.after(latest - this.now(), () => resolve(undefined))
    check()
    try {
      return await promise
    } finally {
      timer.cancel()
      for (const stop of deaf) stop()
    }
  }

  #story(): string {
    return `It is ${this.now()}; woken: ${JSON.stringify(this.woken)}`
  }
}
