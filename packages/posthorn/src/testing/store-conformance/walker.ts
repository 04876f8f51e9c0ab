import assert from 'node:assert/strict'
import type { Delivery, NewDelivery } from '../../domain/delivery.ts'
import type { TargetId } from '../../domain/ids.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { Model } from './model.ts'
import { NOW, type World } from './world.ts'

/** Takes random steps with a store and a model side by side. */
export class Walker {
  /** What was done, for the message of a failure. */
  readonly trail: string[] = []
  readonly counted = { claimed: 0, finished: 0 }
  readonly #world: World
  readonly #random: SeededRandom
  readonly #model = new Model()
  readonly #targets: readonly TargetId[]
  readonly #keys: number[] = []
  #now = NOW
  #token = 0

  constructor(world: World, random: SeededRandom) {
    this.#world = world
    this.#random = random
    this.#targets = [world.id('sub'), world.id('sub'), 'hdl_orders', world.id('sub')]
  }

  async step(): Promise<void> {
    const steps: ReadonlyArray<readonly [weight: number, run: () => Promise<void>]> = [
      [6, () => this.#insert()],
      [6, () => this.#claim()],
      [7, () => this.#finish()],
      [3, () => this.#change()],
      [2, () => this.#expire()],
      [2, () => this.#postpone()],
      [2, () => this.#resume()],
      [1, () => this.#add()],
      [1, () => this.#cancelWaiting()],
    ]
    this.#now += this.#below(40)
    let place = this.#below(steps.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, run] of steps) {
      if (place < weight) return run()
      place -= weight
    }
  }

  /** Every lane's time, their order, and the next of them. */
  async compareLanes(): Promise<void> {
    const { lanes } = this.#world.store
    const times = this.#targets
      .map((targetId) => ({ targetId, time: this.#model.laneTime(targetId) }))
      .filter((lane): lane is { targetId: TargetId; time: number } => lane.time !== null)
      .sort((a, b) => a.time - b.time)
    assert.equal(await lanes.nextDueAt(), times[0]?.time ?? null, 'when the next lane falls due')
    for (const now of [this.#now, this.#now + 60]) {
      const due = await lanes.due(now, 10)
      const expected = times.filter(({ time }) => time <= now)
      const timeOf = new Map(expected.map(({ targetId, time }) => [targetId, time]))
      assert.deepEqual(
        due.map(({ targetId }) => timeOf.get(targetId)),
        expected.map(({ time }) => time),
        'which lanes are due, and in which order',
      )
      assert.equal(new Set(due.map(({ targetId }) => targetId)).size, expected.length)
    }
  }

  async compareAll(): Promise<void> {
    const { store } = this.#world
    const expected = [...this.#model.deliveries.values()].sort((a, b) => (a.id > b.id ? -1 : 1))
    assert.deepEqual(await store.deliveries.list(this.#world.deliveryQuery({ limit: 10_000 })), expected)
    for (const state of ['pending', 'delivered', 'dead', 'cancelled'] as const)
      assert.deepEqual(
        await store.deliveries.list(this.#world.deliveryQuery({ state, limit: 10_000 })),
        expected.filter((delivery) => delivery.state === state),
      )
    const { pending, dead } = await store.upkeep.counts()
    assert.equal(pending, expected.filter(({ state }) => state === 'pending').length)
    assert.equal(dead, expected.filter(({ state }) => state === 'dead').length)
    for (const { id } of expected.slice(0, 20)) {
      const attempts = await store.deliveries.attempts(this.#world.tenantId, id)
      assert.equal(attempts.length, this.#model.attempts.get(id) ?? 0)
    }
  }

  async #insert(): Promise<void> {
    const items = Array.from({ length: 1 + this.#below(3) }, () => ({
      event: this.#world.event({ type: this.#pick(['a.b', 'a.c', 'd']) as string, receivedAt: this.#now }),
      deliveries: Array.from({ length: this.#below(4) }, () => this.#delivery()),
    }))
    this.#note(
      'insert',
      items.map(({ deliveries }) => deliveries.map(({ dueAt }) => dueAt - NOW)),
    )
    const results = await this.#world.store.events.insert(items)
    for (const [index, { event, deliveries }] of items.entries()) {
      const result = results[index]
      assert.equal(result?.status, 'stored')
      this.#keys.push(result.key)
      this.#model.insert({ ...event, key: result.key }, deliveries)
    }
  }

  async #add(): Promise<void> {
    const eventKey = this.#pick(this.#keys)
    if (eventKey === undefined) return
    const delivery = this.#delivery()
    this.#note('add', eventKey)
    assert.equal(await this.#world.store.deliveries.add(eventKey, this.#world.tenantId, [delivery]), true)
    const list = await this.#world.store.events.list(
      this.#world.eventQuery({ before: eventKey + 1, limit: 1 }),
    )
    const [event] = list
    assert.equal(event?.key, eventKey)
    this.#model.insert(event, [delivery])
  }

  async #claim(): Promise<void> {
    const lanes = this.#targets
      .filter(() => this.#below(2) === 0)
      .map((targetId) => ({ targetId, limit: 1 + this.#below(4) }))
    this.#token += 1
    this.#note('claim', lanes)
    const leaseUntil = this.#now + 1 + this.#below(100)
    const request = { now: this.#now, lanes, leaseToken: `t${this.#token}`, leaseUntil }
    const claimed = await this.#world.store.lanes.claim(request)
    this.counted.claimed += claimed.length
    for (const { targetId, limit } of lanes) {
      const taken = claimed.map(({ delivery }) => delivery).filter((each) => each.targetId === targetId)
      for (const delivery of taken)
        assert.deepEqual([delivery.leaseToken, delivery.leaseUntil], [`t${this.#token}`, leaseUntil])
      this.#model.claimed(targetId, limit, this.#now, taken)
    }
    for (const { delivery, event } of claimed) assert.equal(event.key, delivery.eventKey)
  }

  async #finish(): Promise<void> {
    const leased = this.#known().filter(({ leaseToken }) => leaseToken !== null)
    const picked = [this.#pick(leased), this.#pick(leased), this.#pick(this.#known())]
    const batch = picked
      .filter((delivery) => delivery !== undefined)
      .map((delivery) => this.#finishOf(delivery))
    this.#note(
      'finish',
      batch.map(({ transition }) => transition.to),
    )
    const fitted = await this.#world.store.deliveries.finish(batch)
    assert.deepEqual(
      fitted,
      batch.map((finish) => this.#model.finish(finish)),
    )
    this.counted.finished += fitted.filter(Boolean).length
  }

  #finishOf(delivery: Delivery): Finish {
    const stale = this.#below(5) === 0
    const [at, statusCode, error] = [this.#now, 500, 'failed']
    const transition = this.#pick<Transition>([
      { to: 'delivered', at, statusCode: 200 },
      { to: 'retry', dueAt: this.#now + this.#below(90), statusCode, error },
      { to: 'retry', dueAt: this.#now + this.#below(90), statusCode, error },
      { to: 'dead', at, statusCode: null, error },
      { to: 'handBack', dueAt: this.#now },
    ]) as Transition
    return {
      deliveryId: delivery.id,
      leaseToken: stale ? 'stale' : (delivery.leaseToken ?? 'none'),
      transition,
      attempt: transition.to === 'handBack' ? null : this.#world.attempt(delivery.id),
    }
  }

  async #change(): Promise<void> {
    const delivery = this.#pick(this.#known())
    if (delivery === undefined) return
    const cancel = this.#below(2) === 0
    const request = {
      tenantId: this.#world.tenantId,
      id: delivery.id,
      from: cancel ? (['pending'] as const) : (['dead', 'cancelled', 'delivered'] as const),
      transition: cancel
        ? ({ to: 'cancelled', at: this.#now } as const)
        : ({ to: 'revived', dueAt: this.#now - this.#below(20) } as const),
      now: this.#now,
    }
    this.#note('change', [request.transition, delivery.state])
    const done = await this.#world.store.deliveries.change(request)
    assert.equal(done?.changed, this.#model.change(request))
    assert.deepEqual(done?.delivery, this.#model.deliveries.get(delivery.id))
  }

  async #expire(): Promise<void> {
    this.#note('expire', this.#now - NOW)
    assert.equal(await this.#world.store.lanes.expireLeases(this.#now, 10_000), this.#model.expire(this.#now))
  }

  async #postpone(): Promise<void> {
    const targetId = this.#pick(this.#targets) as TargetId
    const until = this.#below(4) === 0 ? null : this.#now + this.#below(120)
    this.#note('postpone', [targetId, until])
    await this.#world.store.lanes.postpone([{ targetId, until }])
    this.#model.postpone(targetId, until)
  }

  async #resume(): Promise<void> {
    const targetId = this.#pick(this.#targets) as TargetId
    this.#note('resume', targetId)
    await this.#world.store.lanes.resume(targetId)
    this.#model.resume(targetId)
  }

  async #cancelWaiting(): Promise<void> {
    const targetId = this.#pick(this.#targets) as TargetId
    this.#note('cancelWaiting', targetId)
    const { lanes } = this.#world.store
    const count = await lanes.cancelWaiting(this.#world.tenantId, targetId, this.#now, 10_000)
    assert.equal(count, this.#model.cancelWaiting(targetId, this.#now))
  }

  #delivery(): NewDelivery {
    const lease = this.#below(3) === 0 ? { token: 'first', until: this.#now + this.#below(100) } : null
    return this.#world.delivery({
      targetId: this.#pick(this.#targets) as TargetId,
      dueAt: this.#now - 30 + this.#below(100),
      lease,
    })
  }

  #known(): Delivery[] {
    return [...this.#model.deliveries.values()]
  }

  #below(count: number): number {
    return Math.floor(this.#random.unit() * count)
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#below(from.length)]
  }

  #note(what: string, details: unknown): void {
    this.trail.push(`${this.#now - NOW} ${what} ${JSON.stringify(details)}`)
  }
}
