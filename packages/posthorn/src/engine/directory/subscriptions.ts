import { PosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, makeId, type SubscriptionId, type TenantId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Tenant } from '../../domain/records.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { SecretBox } from '../../ports/secrets.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import type { HttpTransport } from '../../ports/transport.ts'
import type {
  Page,
  PageRequest,
  SubscriptionInput,
  SubscriptionPatch,
  SubscriptionUseCases,
  TestResult,
} from '../use-cases.ts'
import type { Directory } from './directory.ts'
import { flawAt, isObject, refuse, wholeNumberFlaw } from './flaws.ts'
import { changeRecord, recordPage } from './records.ts'
import { type RotationRequest, SecretRing } from './secret-ring.ts'
import { schemeOf } from './signing.ts'
import {
  checkFields,
  checkSourcesExist,
  INPUT_FIELDS,
  mergeSettings,
  PATCH_FIELDS,
  REQUIRED_FIELDS,
  SUBSCRIPTION_DEFAULTS,
} from './subscription-input.ts'

/** Waiting deliveries cancelled in one commit. */
const CANCEL_BATCH = 1000

export interface SubscriptionsParts {
  readonly store: Pick<Store, 'subscriptions' | 'lanes'>
  readonly clock: Clock
  readonly random: Random
  readonly secretBox: SecretBox
  readonly directory: Directory
  readonly transport: Pick<HttpTransport, 'refuseUrl'>
  /** What waits for it may be looked at now. */
  readonly resumed: (id: SubscriptionId) => void
  /** Sends a test event now. */
  readonly ping: (tenant: Tenant, subscription: Subscription) => Promise<TestResult>
}

/** Subscriptions and their secrets. Everything is checked here, since the library calls it without the API's contract. */
export class Subscriptions implements SubscriptionUseCases {
  readonly #parts: SubscriptionsParts
  readonly #secrets: SecretRing

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts
    this.#secrets = new SecretRing(parts)
  }

  async create(
    tenantId: TenantId,
    input: SubscriptionInput,
  ): Promise<{ subscription: Subscription; secret: string }> {
    checkFields(input, INPUT_FIELDS, REQUIRED_FIELDS)
    const { secret: own, ...given } = input
    const settings = mergeSettings({ ...SUBSCRIPTION_DEFAULTS, name: '', url: '', events: [] }, given)
    this.#checkUrl(settings.url)
    const { store, clock, random, directory } = this.#parts
    await directory.tenant(tenantId)
    await this.#checkSources(tenantId, settings.source)
    const now = clock.now()
    const { secret, sealed } = this.#secrets.first(settings.signature, own ?? null, now)
    const subscription: Subscription = {
      id: makeId('sub', now, random.bytes(ID_RANDOM_BYTES)),
      tenantId,
      ...settings,
      disabledReason: settings.active ? null : 'user',
      failingSince: null,
      secrets: [sealed],
      createdAt: now,
      updatedAt: now,
    }
    if (!(await store.subscriptions.insert(subscription)))
      throw new PosthornError('internal', 'The id that was made for the subscription is taken. Try again.')
    directory.invalidate(tenantId, subscription.id)
    return { subscription, secret }
  }

  async get(tenantId: TenantId, id: SubscriptionId): Promise<Subscription> {
    return (await this.#read(tenantId, id)).record
  }

  list(tenantId: TenantId, page: PageRequest): Promise<Page<Subscription>> {
    return recordPage(this.#parts.store.subscriptions, 'subscriptions', tenantId, page)
  }

  /**
   * Changes only what is given; `active` does what `enable` and `disable` do. Another signature scheme goes on with the
   * present secret, and is refused when that secret does not fit it; older secrets that do not fit it end at once.
   * @throws PosthornError `not_found`, `invalid_request`, `url_refused`, `header_refused`, `secret_refused`,
   * `changed_meanwhile`
   */
  async update(tenantId: TenantId, id: SubscriptionId, patch: SubscriptionPatch): Promise<Subscription> {
    checkFields(patch, PATCH_FIELDS, [])
    if (patch.url !== undefined) this.#checkUrl(patch.url)
    await this.#checkSources(tenantId, patch.source ?? null)
    const changed = await this.#change(tenantId, id, (present) => {
      const settings = mergeSettings(present, patch)
      const secrets = this.#secrets.under(settings.signature, present, this.#parts.clock.now())
      return { ...present, ...settings, secrets, ...activity(patch.active) }
    })
    // Another URL, another limit, enabled: what waits is looked at again now, not when a postponement ends.
    await this.#parts.store.lanes.resume(id)
    this.#parts.resumed(id)
    return changed
  }

  enable(tenantId: TenantId, id: SubscriptionId): Promise<Subscription> {
    return this.update(tenantId, id, { active: true })
  }

  disable(tenantId: TenantId, id: SubscriptionId): Promise<Subscription> {
    return this.update(tenantId, id, { active: false })
  }

  /**
   * Disables it first, so that nothing new comes while what waits is cancelled; removes it last, so that a crash on
   * the way leaves a disabled subscription that can be deleted again, and no deliveries without a target.
   */
  async delete(tenantId: TenantId, id: SubscriptionId): Promise<void> {
    const { store, directory } = this.#parts
    await this.disable(tenantId, id)
    await this.#cancelWaiting(tenantId, id)
    try {
      await store.subscriptions.delete(tenantId, id)
    } finally {
      directory.invalidate(tenantId, id)
    }
    // What a publish stored that had matched before the subscription was disabled.
    await this.#cancelWaiting(tenantId, id)
  }

  /**
   * The new secret signs from now on, the present ones beside it until the overlap ends, where the scheme has room.
   * Secrets that end sooner are not prolonged. With an overlap of 0 all others end at once.
   * @throws PosthornError `secret_refused`, `invalid_request`, `state_conflict` when too many are in force already
   */
  async rotateSecret(
    tenantId: TenantId,
    id: SubscriptionId,
    request: RotationRequest,
  ): Promise<{ secret: string; previousExpiresAt: number; bothSignatures: boolean }> {
    if (!isObject(request))
      throw new PosthornError('invalid_request', 'A rotation needs an object with "overlap_s".')
    refuse(
      flawAt(wholeNumberFlaw(request.overlapS, 0, LIMITS.rotationOverlapSMax), 'overlap_s'),
      'The secret cannot be rotated so',
    )
    const now = this.#parts.clock.now()
    let secret = ''
    const { signature } = await this.#change(tenantId, id, (present) => {
      const rotated = this.#secrets.rotate(present, request, now)
      secret = rotated.secret
      return { ...present, secrets: rotated.secrets }
    })
    const bothSignatures = request.overlapS > 0 && schemeOf(signature).signatures === 'many'
    return { secret, previousExpiresAt: now + request.overlapS * 1000, bothSignatures }
  }

  async test(tenant: Tenant, id: SubscriptionId): Promise<TestResult> {
    return await this.#parts.ping(tenant, await this.get(tenant.id, id))
  }

  async #read(tenantId: TenantId, id: SubscriptionId): Promise<Versioned<Subscription>> {
    const found = await this.#parts.store.subscriptions.get(tenantId, id)
    if (!found) throw new PosthornError('not_found', `There is no subscription ${JSON.stringify(id)}.`)
    return found
  }

  async #change(
    tenantId: TenantId,
    id: SubscriptionId,
    decide: (present: Subscription) => Subscription,
  ): Promise<Subscription> {
    const { store, clock, directory } = this.#parts
    try {
      return await changeRecord(
        store.subscriptions,
        () => this.#read(tenantId, id),
        (present) => ({ ...decide(present), updatedAt: clock.now() }),
      )
    } finally {
      // Also after an error: the change may have been stored before it.
      directory.invalidate(tenantId, id)
    }
  }

  async #cancelWaiting(tenantId: TenantId, id: SubscriptionId): Promise<void> {
    const { store, clock } = this.#parts
    let cancelled = CANCEL_BATCH
    while (cancelled === CANCEL_BATCH)
      cancelled = await store.lanes.cancelWaiting(tenantId, id, clock.now(), CANCEL_BATCH)
  }

  async #checkSources(tenantId: TenantId, source: Subscription['source']): Promise<void> {
    if (source === null) return
    const { sources } = await this.#parts.directory.tenantView(tenantId)
    checkSourcesExist(source, (id) => sources.has(id))
  }

  #checkUrl(url: string): void {
    const why = this.#parts.transport.refuseUrl(url)
    if (why !== null) throw new PosthornError('url_refused', why, { flaws: [{ path: '/url', message: why }] })
  }
}

function activity(active: boolean | undefined): Partial<Subscription> {
  if (active === undefined) return {}
  return active ? { active, disabledReason: null, failingSince: null } : { active, disabledReason: 'user' }
}
