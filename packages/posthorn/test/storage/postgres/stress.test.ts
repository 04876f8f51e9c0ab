/**
 * Everything at once from four processes' worth of connections, on few lanes: nobody waits in a circle, nothing is lost,
 * nothing is done twice, and no lane is left behind.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Delivery } from '../../../src/domain/delivery.ts'
import type { TargetId } from '../../../src/domain/ids.ts'
import type { Transition } from '../../../src/domain/transition.ts'
import type { Finish } from '../../../src/ports/finish.ts'
import { NOW } from '../../../src/testing/store-conformance/world.ts'
import { type Base, Bases } from './support.ts'

const bases = Bases.use()
const PROCESSES = 4
const ROUNDS = 25
const LANES = 6
const LEASE_MS = 40

/** What all of them share: the lanes, a time that moves on with each step, and what was counted. */
class Shared {
  readonly targets: readonly TargetId[]
  /** Stored deliveries, and how often each was reported delivered. */
  readonly delivered = new Map<string, number>()
  readonly ids: string[] = []
  now = NOW

  constructor(targets: readonly TargetId[]) {
    this.targets = targets
  }
}

class Actor {
  readonly #base: Base
  readonly #shared: Shared
  #tokens = 0

  constructor(base: Base, shared: Shared) {
    this.#base = base
    this.#shared = shared
  }

  async run(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1)
      await Promise.all([this.publish(), this.work(), this.work(), this.meddle(round)])
  }

  /** Waiting and leased, some ids as others have them. */
  async publish(): Promise<void> {
    const { world, store } = this.#base
    const batch = Array.from({ length: 6 }, () => {
      const deliveries = Array.from({ length: 1 + this.#below(3) }, () => {
        const lease = this.#below(3) === 0 ? { token: 'dies', until: this.#shared.now + LEASE_MS } : null
        return world.delivery({ targetId: this.#target(), dueAt: this.#shared.now + this.#below(30), lease })
      })
      return world.newEvent({ id: `event ${this.#below(2000)}`, contentHash: 'one' }, ...deliveries)
    })
    const results = await store.events.insert(batch)
    for (const [index, { status }] of results.entries())
      if (status === 'stored') for (const { id } of batch[index]?.deliveries ?? []) this.#shared.ids.push(id)
  }

  /** As a worker: what is due is claimed and ended, one way or another; some of it is left to its lease. */
  async work(): Promise<number> {
    const { store } = this.#base
    this.#shared.now += 1
    const lanes = await store.lanes.due(this.#shared.now, LANES)
    this.#tokens += 1
    const leaseToken = `${this.#base.world.id('sub')} ${this.#tokens}`
    const claimed = await store.lanes.claim({
      now: this.#shared.now,
      lanes: lanes.map(({ targetId }) => ({ targetId, limit: 3 })).reverse(),
      leaseToken,
      leaseUntil: this.#shared.now + LEASE_MS,
    })
    const ends = claimed
      .filter(() => this.#below(8) > 0)
      .map(({ delivery }) => this.#end(delivery, leaseToken))
    await this.#finish(ends)
    return claimed.length
  }

  /** Whatever else touches lanes and deliveries. */
  async meddle(round: number): Promise<void> {
    const { store, world } = this.#base
    const { now } = this.#shared
    const id = this.#shared.ids[this.#below(this.#shared.ids.length)] as Delivery['id'] | undefined
    const change = { tenantId: world.tenantId, id: id ?? world.id('dlv'), now }
    switch (round % 6) {
      case 0:
        await store.lanes.expireLeases(now, 20)
        break
      case 1:
        await store.lanes.postpone(this.#shared.targets.map((targetId) => ({ targetId, until: now + 3 })))
        break
      case 2:
        await store.lanes.resume(this.#target())
        break
      case 3:
        await store.lanes.cancelWaiting(world.tenantId, this.#target(), now, 3)
        break
      case 4:
        await store.deliveries.change({
          ...change,
          from: ['pending'],
          transition: { to: 'cancelled', at: now },
        })
        break
      default:
        await store.deliveries.change({
          ...change,
          from: ['dead', 'cancelled'],
          transition: { to: 'revived', dueAt: now },
        })
    }
  }

  #end({ id }: Delivery, leaseToken: string): Finish {
    const { now } = this.#shared
    const [statusCode, error] = [500, 'failed']
    const ways: Transition[] = [
      { to: 'delivered', at: now, statusCode: 200 },
      { to: 'retry', dueAt: now + this.#below(20), statusCode, error },
      { to: 'dead', at: now, statusCode, error },
      { to: 'handBack', dueAt: now },
    ]
    const transition = ways[this.#below(ways.length)] as Transition
    const attempt = transition.to === 'handBack' ? null : this.#base.world.attempt(id)
    return { deliveryId: id, leaseToken, transition, attempt }
  }

  async #finish(ends: readonly Finish[]): Promise<void> {
    const fitted = await this.#base.store.deliveries.finish(ends)
    for (const [index, { deliveryId, transition }] of ends.entries())
      if (fitted[index] && transition.to === 'delivered')
        this.#shared.delivered.set(deliveryId, (this.#shared.delivered.get(deliveryId) ?? 0) + 1)
  }

  #target(): TargetId {
    return this.#shared.targets[this.#below(this.#shared.targets.length)] as TargetId
  }

  #below(count: number): number {
    return count === 0 ? 0 : Math.floor(this.#base.world.random.unit() * count)
  }
}

test('everything at once, from many connections', async (t) => {
  const notes: string[] = []
  const logger = { warn: (text: string) => void notes.push(text) }
  const first = await bases.open({ logger })
  const others = await Promise.all(
    Array.from({ length: PROCESSES - 1 }, (_, index) =>
      bases.open({ schema: first.schema, logger }, index + 7),
    ),
  )
  const shared = new Shared(Array.from({ length: LANES }, () => first.world.id('sub')))
  const actors = [first, ...others].map((base) => new Actor(base, shared))
  await Promise.all(actors.map((actor) => actor.run()))
  // Nobody who waits in a lane is later than the lane's time.
  const behind = await first.sql(
    `select p.id from $s.pending p left join $s.lanes l using (target_id)
    where p.event_key >= 0 and p.lease_token is null and (l.due_at is null or l.due_at > p.due_at)`,
  )
  assert.deepEqual(behind, [])
  assert.deepEqual(notes, [], 'PostgreSQL had to end somebody who waited in a circle')
  // What is left is worked off, what was abandoned among it.
  for (;;) {
    shared.now += LEASE_MS
    await first.store.lanes.expireLeases(shared.now, 1000)
    const [actor] = actors
    while (((await actor?.work()) ?? 0) > 0);
    if ((await first.store.upkeep.counts()).pending === 0) break
  }
  const [{ stored, ended, successes, attempts, counted } = {}] = await first.sql<Record<string, number>>(
    `select ${shared.ids.length} as stored, count(*)::integer as ended,
      (count(*) filter (where state = 'delivered'))::integer as successes, sum(attempts)::integer as counted,
      (select count(*)::integer from $s.attempts) as attempts from $s.ended`,
  )
  t.diagnostic(`${stored} deliveries, ${attempts} attempts`)
  assert.ok(shared.ids.length > 300)
  assert.equal(ended, stored)
  assert.equal(attempts, counted)
  assert.equal(successes, shared.delivered.size)
  assert.deepEqual([...new Set(shared.delivered.values())], [1])
})
