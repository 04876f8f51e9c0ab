import { PosthornError } from '../domain/error.ts'
import type { Tenant } from '../domain/records.ts'
import type { HandlerFunction } from '../engine/handle/handler-context.ts'
import type { HandlerOptions } from '../engine/handle/handler-options.ts'
import { AddressList } from '../engine/receive/address-list.ts'
import type { Published, UseCases } from '../engine/use-cases.ts'
import { type Instance, type InstanceOptions, openInstance } from '../instance/instance.ts'
import type { ApplicationTransaction, PgTransaction } from '../ports/application-sql.ts'
import type { Logger } from '../ports/logger.ts'
import type { Transaction } from '../ports/transactions.ts'
import { createLogger } from '../system/logger.ts'
import { applicationTransaction } from './application-transaction.ts'
import { type Register, SourceHandle } from './source-handle.ts'
import { SourceNames } from './source-names.ts'
import { inboxSettings, type SourceOptions } from './source-options.ts'

export interface LibraryOptions extends Omit<InstanceOptions, 'logger' | 'adminKey'> {
  /** Default: JSON lines on stderr. */
  readonly logger?: Logger
  /**
   * Addresses and networks of the proxies in front, such as `10.0.0.0/8`: only their word about a sender's address and
   * about TLS counts. Default: none.
   */
  readonly trustedProxies?: readonly string[]
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

export interface PublishOptions {
  /**
   * A transaction that the application has begun in the database of `createPosthorn({ postgres })`: a client of `pg`, or
   * whatever runs a statement in it.
   */
  readonly transaction?: ApplicationTransaction | PgTransaction
}

/** Posthorn inside an application. */
export class Posthorn {
  readonly #instance: Instance
  readonly #logger: Logger
  readonly #defaultTenant: Tenant
  readonly #trustedProxies: AddressList
  readonly #sources = new SourceNames()

  private constructor(instance: Instance, given: Opened) {
    this.#instance = instance
    this.#logger = given.logger
    this.#defaultTenant = given.defaultTenant
    this.#trustedProxies = given.trustedProxies
  }

  /** Opens the store; nothing is attempted before `start`. */
  static async open(options: LibraryOptions = {}): Promise<Posthorn> {
    const logger = options.logger ?? createLogger()
    const trustedProxies = proxies(options.trustedProxies ?? [])
    // An application calls functions: a key that it makes would be shown to nobody.
    const instance = await openInstance({ watchedBy: 'application', ...options, adminKey: null, logger })
    const defaultTenant = await instance.engine.tenants.get('default')
    return new Posthorn(instance, { logger, defaultTenant, trustedProxies })
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
    this.#sources.declare(name)
    const { engine } = this.#instance
    const inbox = engine.source(inboxSettings(this.#defaultTenant, name, options))
    const register: Register = (...handler) => engine.handlers.on(name, ...handler)
    const way = { name, inbox, trustedProxies: this.#trustedProxies, logger: this.#logger }
    return new SourceHandle(register, way)
  }

  /**
   * Handles events of a source by its name, as `source(…).on` does, without its types.
   * @param source a name that was declared, or, until `start`, the slug of a stored source of the default tenant
   * @param pattern `*`, an exact type, or `invoice.*`
   * @throws PosthornError `config_invalid`
   */
  on<Data = unknown>(
    source: string,
    pattern: string,
    run: HandlerFunction<Data>,
    options: HandlerOptions<Data> = {},
  ): this {
    this.#sources.ask(source)
    this.#instance.engine.handlers.on(source, pattern, run as HandlerFunction, options)
    return this
  }

  /**
   * Begins to attempt what is due.
   * @throws PosthornError `config_invalid` when there are handlers for a source that is neither declared nor stored
   */
  async start(): Promise<this> {
    await this.#sources.check(this.use.sources, this.#defaultTenant.id)
    await this.#instance.engine.start()
    return this
  }

  /**
   * Resolves when the event and its deliveries are on disk. Within a transaction of the application's: when they are
   * written in it; they are there, and are attempted, if and only if it commits.
   * @throws PosthornError `invalid_request`, `event_conflict`, `body_too_large`, `schema_mismatch`, `store_unavailable`,
   * `stopping`; `config_invalid` for a transaction with a store that is not on PostgreSQL
   */
  async publish(event: LibraryEvent, { transaction }: PublishOptions = {}): Promise<Published> {
    const { type, id, occurredAt, deliverAt, tenant } = event
    const owner = tenant === undefined ? this.#defaultTenant : await this.use.tenants.get(tenant)
    return this.use.events.publish(owner, {
      type,
      ...content(event),
      ...(id === undefined ? {} : { id }),
      ...(occurredAt === undefined ? {} : { occurredAt: occurredAt.getTime() }),
      ...(deliverAt === undefined ? {} : { deliverAt: deliverAt.getTime() }),
      ...(transaction === undefined ? {} : { transaction: applicationTransaction(transaction) }),
    })
  }

  /**
   * The application's own tables, in the database of the embedded store: to make them, and to read and write them where
   * no event is handled (in a handler there is `ctx.transaction`). Committed when the promise of `work` resolves, else
   * rolled back; at most 5 s, since everything that is accepted waits for it.
   * @throws PosthornError `config_invalid` for a store without transactions, `transaction_timeout`, `sql_failed`,
   * `sql_refused`, `store_unavailable`; and whatever `work` throws
   */
  async transaction<T>(work: (tx: Transaction) => T | Promise<T>): Promise<T> {
    return this.#instance.engine.transactions.apart(work)
  }

  /** Drains: what runs ends or is handed back; then closes the store. */
  stop(): Promise<void> {
    return this.#instance.close()
  }
}

interface Opened {
  readonly logger: Logger
  readonly defaultTenant: Tenant
  readonly trustedProxies: AddressList
}

/** @throws PosthornError `config_invalid` */
function proxies(networks: readonly string[]): AddressList {
  try {
    return new AddressList(networks)
  } catch (error) {
    throw new PosthornError('config_invalid', `trustedProxies: ${(error as Error).message}.`)
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
