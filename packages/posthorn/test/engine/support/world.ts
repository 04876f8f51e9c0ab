import assert from 'node:assert/strict'
import type { Delivery } from '../../../src/domain/delivery.ts'
import type { DeliveryId, TargetId } from '../../../src/domain/ids.ts'
import type { Tenant } from '../../../src/domain/records.ts'
import type { Subscription } from '../../../src/domain/subscription.ts'
import type { EngineOptions } from '../../../src/engine/engine.ts'
import type { Published, PublishInput, SubscriptionInput } from '../../../src/engine/use-cases.ts'
import type { SecretBox } from '../../../src/ports/secrets.ts'
import { openSqliteStore, type SqliteStore } from '../../../src/storage/sqlite/open.ts'
import { createSecretBox } from '../../../src/system/secret-box.ts'
import { FakeClock } from '../../../src/testing/fake-clock.ts'
import { SeededRandom } from '../../../src/testing/seeded-random.ts'
import { Company } from './company.ts'
import { FakeTransport } from './fake-transport.ts'
import { Life } from './life.ts'

export const SECOND = 1_000
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

export const ANY_PAGE = { limit: 250, cursor: null }
/** Longer than the rounds of the sweeper and of replays. */
const LEAP_REST_MS = 6_000
const ANY_DELIVERY = {
  ...{ state: null, targetId: null, eventId: null, eventType: null, since: null, until: null },
}

/** A store, a clock, targets and, one after the other or side by side, engines. */
export class World {
  readonly clock: FakeClock
  readonly random: SeededRandom
  readonly transport: FakeTransport
  readonly store: SqliteStore
  readonly options: Partial<EngineOptions>
  readonly #secretBox: SecretBox
  readonly #lives: Life[] = []
  #tenant: Tenant | null = null
  #company: Company | null = null

  private constructor(clock: FakeClock, store: SqliteStore, seed: number, options: Partial<EngineOptions>) {
    this.clock = clock
    this.store = store
    this.options = options
    this.random = new SeededRandom(seed)
    this.transport = new FakeTransport(clock)
    this.#secretBox = createSecretBox(['a secret key for these tests only'], this.random)
  }

  static async open(options: Partial<EngineOptions> = {}, seed = 1): Promise<World> {
    const clock = new FakeClock()
    const nextTurn = (run: () => void) => clock.nextTurn(run)
    const store = await openSqliteStore({ dataDir: ':memory:', thread: false, nextTurn })
    return new World(clock, store, seed, options)
  }

  /** From now on engines share the store as processes do that know of each other. */
  share(): Company {
    this.#company ??= new Company(this.clock)
    return this.#company
  }

  /** An engine that is not started. */
  async life(options: Partial<EngineOptions> = {}): Promise<Life> {
    const { store, clock, random, transport } = this
    const secretBox = this.#secretBox
    const company = this.#company === null ? {} : { company: this.#company }
    const ports = { store, clock, random, transport, secretBox, ...company }
    const parts = { ...ports, options: { ...this.options, ...options } }
    const life = new Life(parts)
    this.#lives.push(life)
    this.#tenant = await life.engine.tenants.ensureDefaultTenant()
    return life
  }

  async start(options: Partial<EngineOptions> = {}): Promise<Life> {
    const life = await this.life(options)
    await life.engine.start()
    await this.clock.settle()
    return life
  }

  get tenant(): Tenant {
    assert.ok(this.#tenant)
    return this.#tenant
  }

  /** A subscription to everything, whose URL says its name. */
  async subscribe(life: Life, name: string, input: Partial<SubscriptionInput> = {}): Promise<Subscription> {
    const given = { name, url: urlOf(name), events: ['*'], ...input }
    return (await life.engine.subscriptions.create(this.tenant.id, given)).subscription
  }

  publish(life: Life, input: Partial<PublishInput> = {}): Promise<Published> {
    const data = Buffer.from('{"amount":1.0}')
    return life.engine.events.publish(this.tenant, { type: 'order.paid', data, ...input })
  }

  async publishMany(life: Life, count: number, input: Partial<PublishInput> = {}): Promise<Published[]> {
    return Promise.all(Array.from({ length: count }, () => this.publish(life, input)))
  }

  /** Newest first, as the store has them. */
  deliveries(filter: { eventId?: string; targetId?: TargetId; state?: Delivery['state'] } = {}) {
    const { eventId, ...rest } = filter
    return this.#find(eventId ?? null, rest)
  }

  async #find(eventId: string | null, rest: object): Promise<Delivery[]> {
    const { store, tenant } = this
    const event = eventId === null ? null : await store.events.get(tenant.id, null, eventId)
    const { eventId: _, ...any } = ANY_DELIVERY
    const query = { ...any, ...rest, tenantId: tenant.id, eventKey: event?.key ?? null, before: null }
    return store.deliveries.list({ ...query, limit: 100_000 })
  }

  /** The only delivery there is. */
  async delivery(filter: { eventId?: string; targetId?: TargetId } = {}): Promise<Delivery> {
    const found = await this.deliveries(filter)
    assert.equal(found.length, 1)
    return found[0] as Delivery
  }

  attempts(id: DeliveryId) {
    return this.store.deliveries.attempts(this.tenant.id, id)
  }

  /**
   * Days go by in a moment: the wall clock is set, and the last seconds before the end pass as usual, so that polls see
   * it. Running every poll of a week would take minutes.
   */
  async leap(ms: number): Promise<void> {
    const rest = Math.min(ms, LEAP_REST_MS)
    this.clock.setWall(this.clock.now() + ms - rest)
    await this.clock.advance(rest)
  }

  /** Stops what still lives. Whatever the test did, no slot is held and no timer left then. */
  async close(): Promise<void> {
    for (const life of this.#lives.filter(({ dead }) => !dead)) {
      const stopped = life.engine.stop()
      this.transport.release(500)
      await this.clock.advance(life.drainMs)
      await stopped
      assert.equal(life.engine.inFlight, 0, 'a slot was lost')
    }
    await this.clock.settle()
    if (!this.#lives.some(({ dead }) => dead)) assert.equal(this.clock.waiting, 0, 'a timer was left')
    await this.store.close()
  }
}

export function urlOf(name: string): string {
  return `https://${name}.example/in`
}

/** Runs a test in a world of its own, and looks afterwards whether everything was given back. */
export function inWorld(run: (world: World) => Promise<void>, options: Partial<EngineOptions> = {}) {
  return async () => {
    const world = await World.open(options)
    await run(world)
    await world.close()
  }
}
