import { PosthornError } from '../../domain/error.ts'
import type { SourceId, SubscriptionId, TenantId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/records.ts'
import type { Source } from '../../domain/source.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { SecretBox } from '../../ports/secrets.ts'
import type { RecordStore, Store } from '../../ports/store.ts'
import { Changes, type ConfigChange } from '../peers/changes.ts'
import { HeldView } from './held-view.ts'
import { everyRecord } from './records.ts'
import { sealedSecretsInForce } from './secrets.ts'
import { TenantView } from './tenant-view.ts'

/** Tenants kept in memory, the longest unused leave first. Some KiB each with a handful of subscriptions. */
const TENANTS_MAX = 10_000
/** Records of a page: of 100,000 subscriptions each page of 250 would be a question of its own. */
const PAGE = 2_000

export interface DirectoryParts {
  readonly store: Pick<Store, 'tenants' | 'subscriptions' | 'eventTypes' | 'sources'>
  readonly secretBox: SecretBox
  /** Of every process. Default: nobody else is told of any. */
  readonly changes?: Changes
  /** @default 10,000 */
  readonly tenantsMax?: number
}

/**
 * The configuration as the hot path sees it: per tenant, in memory, loaded when it is first asked for. Whoever changes a
 * record calls `invalidate` after the change is stored; who asks after that sees the change.
 */
export class Directory {
  readonly #store: DirectoryParts['store']
  readonly #secretBox: SecretBox
  readonly #changes: Changes
  readonly #tenantsMax: number
  /** In the order of their last use. */
  readonly #held = new Map<TenantId, HeldView>()
  /** Loads that those who ask now may join. */
  readonly #loading = new Map<TenantId, Promise<TenantView>>()
  readonly #owners = new Map<SubscriptionId | SourceId, TenantId>()

  constructor(parts: DirectoryParts) {
    this.#store = parts.store
    this.#secretBox = parts.secretBox
    this.#changes = parts.changes ?? new Changes()
    this.#changes.listen(({ of, subscription }) => this.#changed(of, subscription))
    this.#tenantsMax = parts.tenantsMax ?? TENANTS_MAX
  }

  /** The view if it is in memory as it is now: no promise, for the hot path. */
  peek(tenantId: TenantId): TenantView | undefined {
    const held = this.#held.get(tenantId)
    const view = held?.fresh
    if (!held || !view) return undefined
    this.#held.delete(tenantId)
    this.#held.set(tenantId, held)
    return view
  }

  /** Callers that come while it loads share the load. @throws PosthornError `not_found` */
  async tenantView(tenantId: TenantId): Promise<TenantView> {
    return this.peek(tenantId) ?? (await (this.#loading.get(tenantId) ?? this.#load(tenantId)))
  }

  /** Only the tenant itself, without loading all that belongs to it. @throws PosthornError `not_found` */
  async tenant(tenantId: TenantId): Promise<Tenant> {
    const known = this.peek(tenantId) ?? (await this.#store.tenants.get(null, tenantId))
    if (!known) throw noTenant(tenantId)
    return 'tenant' in known ? known.tenant : known.record
  }

  /** A subscription whose tenant is not known to the caller: lanes have only ids. */
  async subscriptionById(id: SubscriptionId): Promise<Subscription | null> {
    const tenantId = this.#owners.get(id) ?? (await this.#store.subscriptions.get(null, id))?.record.tenantId
    if (tenantId === undefined) return null
    const view = await this.tenantView(tenantId)
    return view.subscriptions.get(id) ?? null
  }

  /** As `subscriptionById`, if it is in memory. */
  peekSubscription(id: SubscriptionId): Subscription | undefined {
    const tenantId = this.#owners.get(id)
    return tenantId === undefined ? undefined : this.peek(tenantId)?.subscriptions.get(id)
  }

  /** The id behind the id or slug of a source; null for null: published here. @throws PosthornError `not_found` */
  async sourceId(tenantId: TenantId, source: string | null): Promise<SourceId | null> {
    return source === null ? null : (await this.tenantView(tenantId)).sourceId(source)
  }

  /** As `subscriptionById`: whoever sends to a source names no tenant. */
  async sourceById(id: SourceId): Promise<Source | null> {
    const tenantId = this.#owners.get(id) ?? (await this.#store.sources.get(null, id))?.record.tenantId
    if (tenantId === undefined) return null
    const view = await this.tenantView(tenantId)
    return view.sources.get(id) ?? null
  }

  /** As `sourceById`, if it is in memory. */
  peekSource(id: SourceId): Source | undefined {
    const tenantId = this.#owners.get(id)
    return tenantId === undefined ? undefined : this.peek(tenantId)?.sources.get(id)
  }

  /**
   * The signing secrets for an attempt made now, newest first, opened: for making a signer, not for each attempt.
   * @throws PosthornError `secret_unreadable`
   */
  secretsInForce(subscription: Subscription, now: number): string[] {
    return sealedSecretsInForce(subscription, now).map(({ sealed }) => this.#secretBox.open(sealed))
  }

  /** This process has changed something of the tenant (null: of none), or only one subscription. */
  invalidate(tenantId: TenantId | null, subscription: SubscriptionId | null = null): void {
    this.#changes.made(tenantId, subscription)
  }

  /** A load that runs now may have seen the old state: nobody new joins it. */
  #changed(of: ConfigChange['of'], subscription: SubscriptionId | null): void {
    if (of === 'any') for (const tenantId of this.#held.keys()) this.#changed(tenantId, null)
    else if (of !== null) {
      this.#loading.delete(of)
      if (subscription === null || this.#held.get(of)?.changed(subscription) === false) this.#forget(of)
    }
  }

  async #load(tenantId: TenantId): Promise<TenantView> {
    const held = this.#held.get(tenantId) ?? this.#hold(tenantId)
    const load = held.load((id, there) => {
      if (this.#held.get(tenantId) !== held) return
      if (there) this.#owners.set(id, tenantId)
      else this.#owners.delete(id)
    })
    this.#loading.set(tenantId, load)
    try {
      return await load
    } finally {
      if (this.#loading.get(tenantId) === load) this.#loading.delete(tenantId)
    }
  }

  #hold(tenantId: TenantId): HeldView {
    const read = this.#read(tenantId)
    const held = new HeldView(this.#store.subscriptions, read)
    this.#held.set(tenantId, held)
    const current = () => this.#held.get(tenantId) === held
    read.then(
      (view) => {
        if (current()) for (const id of owned(view)) this.#owners.set(id, tenantId)
      },
      () => {
        if (current()) this.#forget(tenantId)
      },
    )
    const [oldest] = this.#held.keys()
    if (this.#held.size > this.#tenantsMax && oldest) this.#forget(oldest)
    return held
  }

  async #read(tenantId: TenantId): Promise<TenantView> {
    const [tenant, subscriptions, eventTypes, sources] = await Promise.all([
      this.#store.tenants.get(null, tenantId),
      readAll(this.#store.subscriptions, tenantId),
      readAll(this.#store.eventTypes, tenantId),
      readAll(this.#store.sources, tenantId),
    ])
    if (!tenant) throw noTenant(tenantId)
    return new TenantView({ tenant: tenant.record, subscriptions, eventTypes, sources })
  }

  #forget(tenantId: TenantId): void {
    const view = this.#held.get(tenantId)?.view
    this.#held.delete(tenantId)
    if (view) for (const id of owned(view)) this.#owners.delete(id)
  }
}

function owned(view: TenantView): ReadonlyArray<SubscriptionId | SourceId> {
  return [...view.subscriptions.keys(), ...view.sources.keys()]
}

function noTenant(tenantId: TenantId): PosthornError {
  return new PosthornError('not_found', `There is no tenant ${JSON.stringify(tenantId)}.`)
}

async function readAll<T>(records: RecordStore<T>, tenantId: TenantId): Promise<T[]> {
  const all: T[] = []
  for await (const record of everyRecord(records, tenantId, PAGE)) all.push(record)
  return all
}
