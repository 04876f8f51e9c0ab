/** Random walks through what comes in and leaves: two sources, each beside a plain model, with the same ids. */
import assert from 'node:assert/strict'
import type { InsertResult } from '../../ports/insert.ts'
import { SeededRandom } from '../seeded-random.ts'
import { DAY, Inbound, pruneAll } from './inbound.ts'
import { InboundModel } from './inbound-model.ts'
import { type Case, NOW, type World } from './world.ts'

const SEEDS = [1, 2, 3, 4]
const STEPS = 120
const SHOWN_STEPS = 8
const KEEP = 2

interface Side {
  readonly inbound: Inbound
  readonly model: InboundModel
}

class InboundWalker {
  readonly trail: string[] = []
  readonly counted = new Map<string, number>()
  readonly #world: World
  readonly #random: SeededRandom
  readonly #sides: readonly Side[]
  #now = NOW
  /** Of the last prune. */
  #before = 0

  constructor(world: World, random: SeededRandom) {
    this.#world = world
    this.#random = random
    const inbounds = [new Inbound(world), new Inbound(world), new Inbound(world, world.id('ten'))]
    this.#sides = inbounds.map((inbound) => ({ inbound, model: new InboundModel() }))
  }

  async step(): Promise<void> {
    this.#now += this.#below(8) * 3_600_000
    const side = this.#pick(this.#sides)
    const lot = this.#below(10)
    if (lot < 6) await this.#receive(side)
    else if (lot < 8) await this.#note(side)
    else if (lot < 9) await this.#finish()
    else await this.#prune()
  }

  async #receive({ inbound, model }: Side): Promise<void> {
    const items = Array.from({ length: 1 + (this.#below(3) === 0 ? this.#below(3) : 0) }, () => {
      const event = inbound.event(this.#pick(['a', 'b', 'c', 'd', 'e']), this.#pick(['x', 'x', 'y']), {
        receivedAt: this.#now,
        dedupeUntil: this.#now + (1 + this.#below(4)) * DAY,
      })
      const lease = { token: 'first', until: this.#now + DAY }
      return inbound.with(event, ...(this.#below(3) === 0 ? [this.#world.delivery({ lease })] : []))
    })
    const received = inbound.received(items, {
      receivedAt: this.#now,
      onceToken: this.#pick([null, null, null, 's', 't']),
      onDuplicate: this.#pick(['skip', 'skip', 'deliver'] as const),
    })
    this.#say('receive', {
      ...{ token: received.onceToken, how: received.onDuplicate },
      events: items.map(({ event }) => `${event.id} ${event.contentHash}`),
    })
    const [verdict, statuses] = model.receive(received)
    const [result] = await this.#world.store.requests.receive([received])
    const found = result?.results.map(({ status }: InsertResult) => status)
    assert.deepEqual([result?.verdict, found], [verdict, statuses])
    for (const status of [verdict, ...statuses]) this.#count(status)
  }

  async #note({ inbound, model }: Side): Promise<void> {
    const verdict = this.#pick(['refused', 'handshake'] as const)
    const request = inbound.request({ verdict, receivedAt: this.#now, secretIndex: null })
    this.#say('note', verdict)
    await this.#world.store.requests.note([request], KEEP)
    model.note(request.id, this.#now, verdict, KEEP)
  }

  /** Nothing is pending any more. */
  async #finish(): Promise<void> {
    this.#say('finish', '')
    for (const { inbound } of this.#sides) {
      const query = this.#world.deliveryQuery({ tenantId: inbound.tenantId, state: 'pending', limit: 1000 })
      const pending = await this.#world.store.deliveries.list(query)
      const transition = { to: 'delivered', at: this.#now, statusCode: 200 } as const
      await this.#world.store.deliveries.finish(
        pending.map((delivery) => this.#world.finish(delivery, transition)),
      )
    }
    for (const { model } of this.#sides) for (const event of model.events.values()) event.busy = false
  }

  async #prune(): Promise<void> {
    this.#before = this.#now - this.#below(2) * DAY
    const request = { before: this.#before, now: this.#now, limit: 1 + this.#below(4) }
    this.#say('prune', { ...request, before: this.#before - this.#now })
    await pruneAll(this.#world, request)
    for (const { model } of this.#sides) model.prune(this.#before, this.#now)
    this.#count('prune')
  }

  async compare(): Promise<void> {
    for (const { inbound, model } of this.#sides) {
      const known = model.listed().filter((request) => !model.isOpen(request, this.#before))
      const open = model.listed().filter((request) => model.isOpen(request, this.#before))
      const isSure = (id: string) => open.every((request) => request.id !== id)
      assert.deepEqual(
        (await inbound.listed({ limit: 1000 })).filter(isSure),
        known.map(({ id }) => id),
      )
      for (const request of known.slice(0, 10)) {
        const found = await inbound.get(request.id)
        assert.equal(found?.verdict, request.verdict)
        assert.equal(await inbound.bodyOf(request.id), model.bodyOf(request), request.id)
      }
      for (const id of ['a', 'b', 'c', 'd', 'e']) {
        const event = await this.#world.store.events.get(inbound.tenantId, inbound.sourceId, id)
        assert.equal(event?.contentHash, model.events.get(id)?.hash, id)
      }
    }
  }

  #say(what: string, details: unknown): void {
    this.trail.push(`${(this.#now - NOW) / 3_600_000} h ${what} ${JSON.stringify(details)}`)
  }

  #count(what: string): void {
    this.counted.set(what, (this.counted.get(what) ?? 0) + 1)
  }

  #below(count: number): number {
    return Math.floor(this.#random.unit() * count)
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T
  }
}

export const INBOUND_WALK_CASES: readonly Case[] = SEEDS.map((seed) => ({
  name: `a random walk through ${STEPS} inbound requests and prunes agrees with a plain model (seed ${seed})`,
  async run(world) {
    const walker = new InboundWalker(world, new SeededRandom(seed))
    for (let step = 1; step <= STEPS; step += 1)
      try {
        await walker.step()
        await walker.compare()
      } catch (error) {
        const steps = walker.trail.slice(-SHOWN_STEPS).join('\n  ')
        throw new assert.AssertionError({
          message: `seed ${seed}, step ${step}: ${error instanceof Error ? error.message : String(error)}\n  ${steps}`,
        })
      }
    for (const what of ['stored', 'duplicate', 'conflict', 'redelivered', 'prune'])
      assert.ok((walker.counted.get(what) ?? 0) > 3, `the walk has hardly seen: ${what}`)
  },
}))
