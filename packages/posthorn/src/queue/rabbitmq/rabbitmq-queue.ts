import { type Channel, type ChannelModel, connect } from 'amqplib'
import { PosthornError } from '../../domain/error.ts'
import type { TargetId } from '../../domain/ids.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Queue, Wake, WakeUp } from '../../ports/queue.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { Early } from '../early.ts'
import { Outbox } from '../outbox.ts'
import { reasonOf, Trouble } from '../trouble.ts'

export interface RabbitmqOptions {
  /** `amqp://USER:PASSWORD@HOST:PORT/VHOST`; `amqps://` with TLS */
  readonly url: string
  /** Begins the name of each queue; a name of its own for each store that shares a RabbitMQ. @default 'posthorn' */
  readonly prefix?: string
  readonly clock: Clock
  readonly telemetry: Telemetry
}

const PREFIX = 'posthorn'
const CONNECT_MS = 5_000
const RECONNECT_MS = 1_000
const HEARTBEAT_S = 10
const CLOSE_MS = 2_000
/** The next ones are on their way to this process while it is woken for one; more would be kept from others. */
const AT_ONCE = 4
/**
 * RabbitMQ delays what is put into a queue whose content expires into another one, and the delay belongs to the queue.
 * So there is one for each of these delays; what still comes too early goes round again, at most three times through each.
 */
const DELAYS_MS = [200, 800, 3_200, 12_800, 51_200] as const
/** A queue never holds more; the oldest go first. */
const LENGTH_MAX = 10_000

/** An open connection, with its queues in place. */
interface Link {
  readonly connection: ChannelModel
  readonly channel: Channel
}

/** Wake-ups through RabbitMQ, each for one process: lost when it is, and nothing is kept for it while it is away. */
export class RabbitmqQueue implements Queue {
  readonly #options: RabbitmqOptions
  readonly #prefix: string
  readonly #outbox: Outbox
  readonly #early: Early
  readonly #trouble: Trouble
  #link: Link | null = null
  #wake: Wake | null = null
  #retry: Timer | null = null
  #connecting: Promise<unknown> | null = null
  #stopped: Promise<void> | null = null
  /** The server takes no more at the moment. */
  #full = false

  private constructor(options: RabbitmqOptions) {
    const { clock, telemetry, prefix = PREFIX } = options
    this.#options = options
    this.#prefix = prefix
    this.#trouble = new Trouble({ queue: 'rabbitmq', clock, telemetry })
    this.#early = new Early(clock)
    this.#outbox = new Outbox({
      clock,
      send: async (batch) => {
        for (const wakeUp of batch) this.#send(wakeUp)
      },
      failed: (error) => this.#trouble.failed(error),
    })
  }

  /**
   * Resolves also while RabbitMQ is away.
   * @throws PosthornError config_invalid for a URL that is none, and a RabbitMQ that refuses this process
   */
  static async open(options: RabbitmqOptions): Promise<RabbitmqQueue> {
    if (!isAmqpUrl(options.url))
      throw invalid('The RabbitMQ URL must be amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// with TLS.')
    const queue = new RabbitmqQueue(options)
    const failure = await queue.#connect()
    const reason = reasonOf(failure)
    if (!/ACCESS[-_]REFUSED|NOT[-_]ALLOWED/.test(reason)) return queue
    await queue.stop()
    throw invalid(`RabbitMQ refuses this process: ${reason}. Check the user, the password and the vhost.`)
  }

  announce(wakeUps: readonly WakeUp[]): void {
    if (this.#link !== null && !this.#full) this.#outbox.add(wakeUps)
  }

  async start(wake: Wake | null): Promise<void> {
    if (this.#wake !== null || this.#stopped !== null) return
    this.#wake = wake
    const link = this.#link
    if (wake === null || link === null) return
    await this.#consume(link.channel).catch((error: unknown) => this.#lost(link, error))
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #stop(): Promise<void> {
    this.#wake = null
    this.#outbox.stop()
    this.#early.stop()
    this.#retry?.cancel()
    await this.#connecting
    const link = this.#link
    this.#link = null
    if (link !== null) await this.#close(link.connection)
  }

  /** Asks the server to, which may not answer any more. */
  async #close(connection: ChannelModel): Promise<void> {
    const gone = Promise.withResolvers<void>()
    connection.once('close', gone.resolve)
    connection.once('error', () => gone.resolve())
    const timer = this.#options.clock.after(CLOSE_MS, () => gone.resolve())
    await Promise.race([connection.close().catch(() => undefined), gone.promise])
    timer.cancel()
  }

  /** Again and again until it succeeds. @returns why it failed; null: it did not */
  #connect(): Promise<unknown> {
    this.#connecting = this.#open().then(
      (link) => {
        this.#link = link
        this.#full = false
        this.#trouble.answers()
        return null
      },
      (error: unknown) => {
        this.#lost(null, error)
        return error
      },
    )
    return this.#connecting
  }

  async #open(): Promise<Link> {
    const url = new URL(this.#options.url)
    url.searchParams.set('heartbeat', String(HEARTBEAT_S))
    const connection = await connect(url.href, { timeout: CONNECT_MS, noDelay: true })
    let link: Link | null = null
    // Both tell of one loss; and without a listener an error would end the process.
    connection.on('error', (error: unknown) => this.#lost(link, error))
    connection.on('close', (error: unknown) => this.#lost(link, error ?? 'the connection was closed'))
    try {
      const channel = await connection.createChannel()
      channel.on('error', (error: unknown) => this.#lost(link, error))
      channel.on('drain', () => {
        this.#full = false
      })
      await this.#declare(channel)
      if (this.#wake !== null) await this.#consume(channel)
      link = { connection, channel }
      return link
    } catch (error) {
      await connection.close().catch(() => undefined)
      throw error
    }
  }

  async #declare(channel: Channel): Promise<void> {
    const limits = { durable: true, maxLength: LENGTH_MAX, overflow: 'drop-head' }
    await channel.assertQueue(this.#now, limits)
    for (const delay of DELAYS_MS)
      await channel.assertQueue(this.#later(delay), {
        ...limits,
        messageTtl: delay,
        deadLetterExchange: '',
        deadLetterRoutingKey: this.#now,
      })
  }

  async #consume(channel: Channel): Promise<void> {
    await channel.prefetch(AT_ONCE)
    await channel.consume(this.#now, (message) => {
      // Somebody has deleted the queue.
      if (message === null) this.#lost(this.#link, 'the queue is gone')
      // Not by a process that is leaving: then another one gets it.
      else if (this.#stopped === null) {
        this.#came(message.content.toString())
        channel.ack(message)
      }
    })
  }

  #came(text: string): void {
    const wakeUp = read(text)
    const wake = this.#wake
    if (wakeUp === null || wake === null) return
    const rest = wakeUp.at - this.#options.clock.now()
    if (rest >= DELAYS_MS[0] && this.#link !== null) this.#send(wakeUp)
    else this.#early.pass(wakeUp, wake)
  }

  #send({ targetId, at }: WakeUp): void {
    if (this.#link === null) return
    const rest = at - this.#options.clock.now()
    const delay = DELAYS_MS.findLast((one) => one <= rest)
    const place = delay === undefined ? this.#now : this.#later(delay)
    const content = Buffer.from(JSON.stringify({ lane: targetId, at }))
    // In memory only: a restart of the server may forget it.
    if (!this.#link.channel.sendToQueue(place, content, { persistent: false })) this.#full = true
  }

  /** Forgets a connection and makes another one, once. @param link null: there was none yet */
  #lost(link: Link | null, why: unknown): void {
    if (this.#stopped !== null || link !== this.#link) return
    this.#link = null
    this.#trouble.failed(why)
    void link?.connection.close().catch(() => undefined)
    this.#retry?.cancel()
    this.#retry = this.#options.clock.after(RECONNECT_MS, () => void this.#connect())
  }

  get #now(): string {
    return `${this.#prefix}.now`
  }

  #later(delayMs: number): string {
    return `${this.#prefix}.later.${delayMs}`
  }
}

/** What somebody else has put there is nothing. */
function read(text: string): WakeUp | null {
  try {
    const { lane, at } = JSON.parse(text) as { lane: unknown; at: unknown }
    if (!Number.isFinite(at) || (lane !== null && typeof lane !== 'string')) return null
    return { targetId: lane as TargetId | null, at: at as number }
  } catch {
    return null
  }
}

function isAmqpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  try {
    for (const part of [username, password]) decodeURIComponent(part)
  } catch {
    return false
  }
  return /^amqps?:$/.test(protocol) && hostname !== ''
}

function invalid(text: string): PosthornError {
  return new PosthornError('config_invalid', text)
}
