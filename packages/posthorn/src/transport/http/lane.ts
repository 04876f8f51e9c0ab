import type { Clock } from '../../ports/clock.ts'
import type { Attempt, AttemptLane } from './attempt.ts'
import { Connection } from './connection.ts'
import type { Dialer } from './dialer.ts'
import type { HttpTarget } from './url-rules.ts'

/** What lanes share: how to connect, and the bounds over all of them. */
export interface LaneHost {
  readonly dialer: Dialer
  readonly clock: Clock
  readonly connectionsPerOrigin: number
  readonly keepAliveMs: number
  /** False once its target has sent answers that nobody asked for. */
  keepsAlive(lane: Lane): boolean
  onMisbehaved(lane: Lane): void
  onIdle(connection: Connection): void
  onBusy(connection: Connection): void
  onEmpty(lane: Lane): void
}

/** The connections of one tenant to one origin. */
export class Lane implements AttemptLane {
  readonly key: string
  readonly #target: HttpTarget
  readonly #host: LaneHost
  /** Last in, first out: those not needed grow old and close. */
  readonly #idle: Connection[] = []
  readonly #queue = new Set<Attempt>()
  readonly #dials = new Map<Attempt, AbortController>()
  /** Every open connection, whatever it does. */
  readonly #open = new Set<Connection>()
  readonly #resting = new Set<Connection>()

  constructor(key: string, target: HttpTarget, host: LaneHost) {
    this.key = key
    this.#target = target
    this.#host = host
  }

  take(attempt: Attempt): void {
    this.#queue.add(attempt)
    this.#pump()
  }

  leave(attempt: Attempt): void {
    this.#queue.delete(attempt)
    this.#dials.get(attempt)?.abort()
    this.#dials.delete(attempt)
    this.#pump()
  }

  release(connection: Connection, reusable: boolean): void {
    if (!reusable || !this.#host.keepsAlive(this)) {
      connection.destroy()
      return
    }
    connection.rest()
    this.#resting.add(connection)
    // Two turns, so that the sockets are polled once in between: an answer that nobody asked for, sent right behind
    // the real one, meets an idle connection and closes it instead of answering the next request.
    this.#host.clock.nextTurn(() => this.#host.clock.nextTurn(() => this.#rested(connection)))
  }

  close(): void {
    for (const dial of this.#dials.values()) dial.abort()
    for (const connection of this.#open) connection.destroy()
  }

  #rested(connection: Connection): void {
    if (!this.#resting.delete(connection)) return
    if (!connection.clean) {
      connection.destroy()
      return
    }
    this.#idle.push(connection)
    this.#host.onIdle(connection)
    this.#pump()
  }

  #pump(): void {
    for (const attempt of this.#queue) {
      const connection = this.#pop()
      if (connection) this.#run(attempt, connection)
      // Each resting connection is one turn away from serving one of those who wait.
      else if (this.#resting.size >= this.#queue.size) break
      else if (this.#open.size + this.#dials.size < this.#host.connectionsPerOrigin) void this.#dial(attempt)
      else break
    }
    if (this.#queue.size + this.#dials.size + this.#open.size === 0) this.#host.onEmpty(this)
  }

  #pop(): Connection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      this.#host.onBusy(connection)
      if (connection.clean) return connection
      connection.destroy()
    }
    return undefined
  }

  #run(attempt: Attempt, connection: Connection): void {
    this.#queue.delete(attempt)
    attempt.run(connection, this.#host.keepsAlive(this))
  }

  async #dial(attempt: Attempt): Promise<void> {
    this.#queue.delete(attempt)
    const abort = new AbortController()
    this.#dials.set(attempt, abort)
    try {
      const socket = await this.#host.dialer.dial(this.#target, abort.signal)
      if (!this.#dials.delete(attempt)) {
        socket.destroy()
        return
      }
      const connection = new Connection(socket, {
        target: this.#target,
        keepAliveMs: this.#host.keepAliveMs,
        onClosed: (closed, misbehaved) => this.#onClosed(closed, misbehaved),
      })
      this.#open.add(connection)
      this.#run(attempt, connection)
    } catch (error) {
      this.#dials.delete(attempt)
      attempt.failWith(error)
      this.#pump()
    }
  }

  #onClosed(connection: Connection, misbehaved: boolean): void {
    this.#open.delete(connection)
    this.#resting.delete(connection)
    this.#host.onBusy(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    if (misbehaved) this.#host.onMisbehaved(this)
    this.#pump()
  }
}
