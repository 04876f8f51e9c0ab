import { PosthornError } from '../domain/error.ts'
import type { Tenant } from '../domain/records.ts'
import type { HandlerFunction } from '../engine/handle/handler-context.ts'
import type { HandlerOptions } from '../engine/handle/handler-options.ts'
import type { Inbox, SourceOptions } from '../engine/receive/inbox.ts'
import type { Published, UseCases } from '../engine/use-cases.ts'
import { type Instance, type InstanceOptions, openInstance } from '../instance/instance.ts'
import type { Logger } from '../ports/logger.ts'
import { createLogger } from '../system/logger.ts'
import { type Register, SourceHandle } from './source-handle.ts'

export interface LibraryOptions extends Omit<InstanceOptions, 'logger' | 'adminKey'> {
  /** Default: JSON lines on stderr. */
  readonly logger?: Logger
}

/** An event to publish. `data` is anything JSON can carry; `bytes` goes as it is, with its `contentType`. */
export type LibraryEvent = {
  readonly type: string
  /** Idempotency key. Default: one is made. */
  readonly id?: string
  readonly occurredAt?: Date
  readonly deliverAt?: Date
  /** Id or slug. Default `default`. */
  readonly tenant?: string
} & ({ readonly data: unknown } | { readonly bytes: Uint8Array; readonly contentType: string })

/** Posthorn inside an application. */
export class Posthorn {
  readonly #instance: Instance
  readonly #logger: Logger
  readonly #defaultTenant: Tenant
  readonly #sources = new Map<string, Inbox>()

  private constructor(instance: Instance, logger: Logger, defaultTenant: Tenant) {
    this.#instance = instance
    this.#logger = logger
    this.#defaultTenant = defaultTenant
  }

  /** Opens the store; nothing is attempted before `start`. */
  static async open(options: LibraryOptions = {}): Promise<Posthorn> {
    const logger = options.logger ?? createLogger()
    const instance = await openInstance({ ...options, logger })
    return new Posthorn(instance, logger, await instance.engine.tenants.get('default'))
  }

  /** Everything the HTTP API can do, as functions: subscriptions, deliveries, replays, event types, tenants, keys. */
  get use(): UseCases {
    return this.#instance.engine
  }

  /**
   * A way in for webhooks of a provider, and a handle to which its handlers are given. Declare both before `start`.
   * @typeParam Events a map from event type to data, for the types of its handlers; without one data is `unknown`
   * @param name lower-case letters, digits, `-` and `_`; stored with each event, so keep it
   */
  source<Events extends object = Record<string, unknown>>(
    name: string,
    options: SourceOptions,
  ): SourceHandle<Events> {
    if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(name))
      throw new PosthornError(
        'config_invalid',
        `The source name ${JSON.stringify(name)} must be lower-case letters, digits, "-" and "_".`,
      )
    if (this.#sources.has(name))
      throw new PosthornError('config_invalid', `There is already a source ${name}.`)
    const inbox = this.#instance.engine.source(this.#defaultTenant, name, options)
    this.#sources.set(name, inbox)
    const register: Register = (...handler) => this.#instance.engine.handlers.on(name, ...handler)
    return new SourceHandle(register, name, inbox, this.#logger)
  }

  /**
   * Handles events of a source by its name, as `source(…).on` does, without its types.
   * @param pattern `*`, an exact type, or `invoice.*`
   */
  on<Data = unknown>(
    source: string,
    pattern: string,
    run: HandlerFunction<Data>,
    options: HandlerOptions<Data> = {},
  ): this {
    if (!this.#sources.has(source))
      throw new PosthornError(
        'config_invalid',
        `There is no source ${source}. Declare it with source() before its handlers.`,
      )
    this.#instance.engine.handlers.on(source, pattern, run as HandlerFunction, options)
    return this
  }

  /** Begins to attempt what is due. */
  async start(): Promise<this> {
    await this.#instance.engine.start()
    return this
  }

  /** Resolves when the event and its deliveries are on disk. */
  async publish(event: LibraryEvent): Promise<Published> {
    const { type, id, occurredAt, deliverAt, tenant } = event
    const owner = tenant === undefined ? this.#defaultTenant : await this.use.tenants.get(tenant)
    return this.use.events.publish(owner, {
      type,
      ...content(event),
      ...(id === undefined ? {} : { id }),
      ...(occurredAt === undefined ? {} : { occurredAt: occurredAt.getTime() }),
      ...(deliverAt === undefined ? {} : { deliverAt: deliverAt.getTime() }),
    })
  }

  /** Drains: what runs ends or is handed back; then closes the store. */
  stop(): Promise<void> {
    return this.#instance.close()
  }
}

function content(event: LibraryEvent): { data: Uint8Array; contentType?: string } {
  if ('bytes' in event) return { data: event.bytes, contentType: event.contentType }
  const text = JSON.stringify(event.data)
  if (text === undefined)
    throw new PosthornError(
      'invalid_request',
      'data must be something that JSON can carry; it is undefined or a function.',
    )
  return { data: Buffer.from(text) }
}

/** @throws PosthornError config_invalid, data_dir_locked, schema_newer, store_damaged, secret_unreadable */
export function createPosthorn(options: LibraryOptions = {}): Promise<Posthorn> {
  return Posthorn.open(options)
}
