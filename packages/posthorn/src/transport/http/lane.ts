import type { Clock } from '../../ports/clock.ts'
import type { Attempt, AttemptLane } from './attempt.ts'
import { Connection } from './connection.ts'
import type { Dialer } from './dialer.ts'
import { LinkedList } from './linked-list.ts'
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
  readonly #queue = new LinkedList<Attempt>()
  readonly #dials = new Map<Attempt, AbortController>()
  /** Every open connection, whatever it does. */
  readonly #open = new Set<Connection>()
  #resting = 0

  constructor(key: string, target: HttpTarget, host: LaneHost) {
    this.key = key
    this.#target = target
    this.#host = host
  }

  take(attempt: Attempt): void {
    const connection = this.#queue.size === 0 ? this.#pop() : undefined
    if (connection) {
      this.#run(attempt, connection)
      return
    }
    attempt.queued = this.#queue.add(attempt)
    this.#pump()
  }

  leave(attempt: Attempt): void {
    this.#unqueue(attempt)
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
    connection.resting = true
    this.#resting += 1
    // One turn here, and one of undici before it writes on a used socket: so the sockets are polled at least once in
    // between, and an answer that nobody asked for, sent right behind the real one, meets an idle connection and
    // closes it. One that comes only after the next request was written looks like its answer, as HTTP/1.1 is; the
    // real answer is then the surplus, and the origin loses its keep-alive after this one.
    this.#host.clock.nextTurn(() => this.#rested(connection))
  }

  /** Those on their way end as `aborted`. */
  close(): void {
    for (let next = this.#queue.first; next; next = this.#queue.first) next.value.onAbort()
    for (const attempt of [...this.#dials.keys()]) attempt.onAbort()
    for (const connection of this.#open) connection.abort()
  }

  #rested(connection: Connection): void {
    if (!this.#wake(connection)) return
    if (!connection.clean) {
      connection.destroy()
      return
    }
    this.#idle.push(connection)
    this.#host.onIdle(connection)
    this.#pump()
  }

  /** Ends its rest. @returns false when that is over already, since it closed */
  #wake(connection: Connection): boolean {
    if (!connection.resting) return false
    connection.resting = false
    this.#resting -= 1
    return true
  }

  #unqueue(attempt: Attempt): void {
    if (attempt.queued) this.#queue.remove(attempt.queued)
    attempt.queued = null
  }

  #pump(): void {
    // Each resting connection is one turn away from serving one of those who wait.
    for (let next = this.#queue.first; next; next = this.#queue.first) {
      const connection = this.#pop()
      if (!connection && (this.#resting >= this.#queue.size || this.#full)) break
      this.#unqueue(next.value)
      if (connection) this.#run(next.value, connection)
      else void this.#dial(next.value)
    }
    if (this.#queue.size + this.#dials.size + this.#open.size === 0) this.#host.onEmpty(this)
  }

  get #full(): boolean {
    return this.#open.size + this.#dials.size >= this.#host.connectionsPerOrigin
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
    attempt.run(connection, this.#host.keepsAlive(this))
  }

  async #dial(attempt: Attempt): Promise<void> {
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
    this.#wake(connection)
    this.#host.onBusy(connection)
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    if (misbehaved) this.#host.onMisbehaved(this)
    this.#pump()
  }
}
