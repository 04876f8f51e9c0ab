import { PosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, makeId, prefixOf, type TenantId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Tenant } from '../../domain/records.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import type { Page, PageRequest, TenantUseCases } from '../use-cases.ts'
import type { Directory } from './directory.ts'
import { flawAt, lineFlaw, refuse } from './flaws.ts'
import { changeRecord, everyRecord, recordPage } from './records.ts'

/** The tenant of those who need no tenants. */
export const DEFAULT_TENANT_SLUG = 'default'

/** As a label of a host name, without an end rule: 63 characters at most. Never an id: those have a `_`. */
const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Slugs whose ids are remembered. A slug never changes, so only a deletion makes one wrong, and that is noticed. */
const SLUGS_MAX = 10_000

export interface TenantsParts {
  readonly store: Pick<
    Store,
    'tenants' | 'subscriptions' | 'sources' | 'eventTypes' | 'alertRules' | 'alerts'
  >
  readonly clock: Clock
  readonly random: Random
  readonly directory: Directory
  /** Keys of a deleted tenant stop working. */
  readonly keys: { deleteAllOf(tenantId: TenantId): Promise<void> }
}

export class Tenants implements TenantUseCases {
  readonly #parts: TenantsParts
  readonly #idOfSlug = new Map<string, TenantId>()

  constructor(parts: TenantsParts) {
    this.#parts = parts
  }

  async create(input: { slug: string; name?: string | undefined }): Promise<Tenant> {
    const slug = input?.slug
    const name = input?.name ?? slug
    refuse(
      [
        ...flawAt(slugFlaw(slug), 'slug'),
        ...(name === slug ? [] : flawAt(lineFlaw(name, LIMITS.nameChars), 'name')),
      ],
      'The tenant does not fit',
    )
    const { store, clock, random } = this.#parts
    const now = clock.now()
    const tenant: Tenant = {
      id: makeId('ten', now, random.bytes(ID_RANDOM_BYTES)),
      slug,
      name,
      createdAt: now,
    }
    if (!(await store.tenants.insert(tenant)))
      throw new PosthornError('name_taken', `There is a tenant ${slug} already.`, {
        flaws: [{ path: '/slug', message: 'is taken' }],
      })
    return tenant
  }

  /** From memory where it is there: every request of the API asks. */
  async get(idOrSlug: string): Promise<Tenant> {
    const id = prefixOf(idOrSlug) === 'ten' ? (idOrSlug as TenantId) : this.#idOfSlug.get(idOrSlug)
    const known = id === undefined ? undefined : this.#parts.directory.peek(id)?.tenant
    if (known) return known
    const { record } = await this.#read(idOrSlug)
    if (this.#idOfSlug.size >= SLUGS_MAX) this.#idOfSlug.clear()
    this.#idOfSlug.set(record.slug, record.id)
    return record
  }

  list(page: PageRequest): Promise<Page<Tenant>> {
    return recordPage(this.#parts.store.tenants, 'tenants', null, page)
  }

  async update(idOrSlug: string, patch: { name: string }): Promise<Tenant> {
    refuse(flawAt(lineFlaw(patch?.name, LIMITS.nameChars), 'name'), 'The tenant does not fit')
    const { id } = await this.get(idOrSlug)
    try {
      return await changeRecord(
        this.#parts.store.tenants,
        () => this.#read(id),
        (tenant) => ({ ...tenant, name: patch.name }),
      )
    } finally {
      this.#parts.directory.invalidate(id)
    }
  }

  /** Its keys and event types go first, so that a crash on the way leaves a tenant that can be deleted again. */
  async delete(idOrSlug: string): Promise<void> {
    const { store, keys, directory } = this.#parts
    const { record: tenant } = await this.#read(idOrSlug)
    if (tenant.slug === DEFAULT_TENANT_SLUG)
      throw new PosthornError('state_conflict', `The tenant ${DEFAULT_TENANT_SLUG} cannot be deleted.`)
    for (const what of ['subscriptions', 'sources'] as const) {
      const [one] = await store[what].list({ tenantId: tenant.id, before: null, limit: 1 })
      if (one)
        throw new PosthornError('state_conflict', `The tenant ${tenant.slug} has ${what}. Delete them first.`)
    }
    try {
      await keys.deleteAllOf(tenant.id)
      for await (const { name } of everyRecord(store.eventTypes, tenant.id))
        await store.eventTypes.delete(tenant.id, name)
      for (const records of [store.alertRules, store.alerts])
        for await (const { id } of everyRecord<{ readonly id: string }>(records, tenant.id))
          await records.delete(tenant.id, id)
      await store.tenants.delete(null, tenant.id)
    } finally {
      this.#idOfSlug.delete(tenant.slug)
      directory.invalidate(tenant.id)
    }
  }

  /** Makes the tenant `default` where it is missing. For the start. */
  async ensureDefaultTenant(): Promise<Tenant> {
    const found = await this.#parts.store.tenants.getByName(null, DEFAULT_TENANT_SLUG)
    if (found) return found.record
    try {
      return await this.create({ slug: DEFAULT_TENANT_SLUG, name: 'Default' })
    } catch (error) {
      // Another process that starts now was faster.
      if (error instanceof PosthornError && error.code === 'name_taken') return this.get(DEFAULT_TENANT_SLUG)
      throw error
    }
  }

  async #read(idOrSlug: string): Promise<Versioned<Tenant>> {
    const { tenants } = this.#parts.store
    const found =
      prefixOf(idOrSlug) === 'ten'
        ? await tenants.get(null, idOrSlug)
        : await tenants.getByName(null, idOrSlug)
    if (!found) throw new PosthornError('not_found', `There is no tenant ${JSON.stringify(idOrSlug)}.`)
    return found
  }
}

function slugFlaw(slug: unknown): string | null {
  if (typeof slug === 'string' && SLUG.test(slug)) return null
  return 'must be 1 to 63 characters a-z, 0-9 and "-", and must not begin with "-"'
}
