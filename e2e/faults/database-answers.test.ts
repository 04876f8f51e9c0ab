/**
 * Connections to PostgreSQL that are cut after it has done what it was told, and before it could say so: of publishes,
 * claims and finishes; and others at no moment in particular.
 */
import assert from 'node:assert/strict'
import type { Dice } from '../support/dice.ts'
import { elapse, until } from '../support/until.ts'
import { faultTest } from './support/fault-test.ts'
import { inForm } from './support/form.ts'

/** By what stands in the texts of their statements. */
const KINDS = [
  ['publish', /insert into \S+\.event_ids/],
  ['claim', /set lease_token = \$/],
  ['finish', /insert into \S+\.attempts/],
] as const

type Kind = (typeof KINDS)[number][0]

/** What is being done on a connection. Statements are named when they are first said, and run by their names then. */
class Reader {
  readonly lost = new Map<Kind | 'any', number>()
  readonly #kinds = new WeakMap<object, Map<string, Kind>>()
  readonly #doing = new WeakMap<object, Kind>()
  readonly #dice: Dice

  constructor(dice: Dice) {
    this.#dice = dice
  }

  hear(request: Buffer, connection: object): number | null {
    const text = request.toString('latin1')
    const known = this.#kinds.get(connection) ?? new Map<string, Kind>()
    this.#kinds.set(connection, known)
    for (const [, name, statement] of text.matchAll(/P[\s\S]{4}(posthorn_\d+)\0([\s\S]*?)\0/g)) {
      const kind = KINDS.find(([, words]) => words.test(statement ?? ''))?.[0]
      if (kind !== undefined) known.set(name ?? '', kind)
    }
    const names = [...text.matchAll(/B[\s\S]{4}\0(posthorn_\d+)\0/g)].map(([, name]) => known.get(name ?? ''))
    const kind = names.find((found) => found !== undefined)
    if (kind !== undefined) this.#doing.set(connection, kind)
    // A claim is several statements: what counts is the answer to the last of them.
    const last = text.includes('commit\0') ? this.#doing.get(connection) : kind === 'claim' ? undefined : kind
    if (last !== undefined && this.#dice.roll(ONE_IN) === 0) return this.#count(last, 0)
    if (this.#dice.roll(ANY_ONE_IN) === 0) return this.#count('any', this.#dice.roll(200))
    return null
  }

  #count(what: Kind | 'any', bytes: number): number {
    this.lost.set(what, (this.lost.get(what) ?? 0) + 1)
    return bytes
  }
}

const ONE_IN = 12
const ANY_ONE_IN = 150

faultTest(
  'the answer to a commit is lost, of publishes, claims and finishes',
  { rate: 50, drainMs: 30_000 },
  async (world, dice) => {
    await elapse(inForm(500, 3_000))
    world.phase('fault')
    const reader = new Reader(dice)
    const unknown = world.load.progress.count('unknown')
    world.cluster?.way.lose((request, connection) => reader.hear(request, connection))
    const { lost } = reader
    const enough = () => KINDS.every(([kind]) => (lost.get(kind) ?? 0) >= inForm(2, 10))
    await until('answers of every kind to be lost', enough, { timeoutMs: 90_000 })
    world.cluster?.way.lose(null)
    assert.ok(world.load.progress.count('unknown') > unknown, 'no publisher has met it')
    world.note(`lost: ${[...lost].map(([kind, count]) => `${count} of ${kind}`).join(', ')}`)
    // No repeats are allowed: what was recorded is not tried again, and what was not is recorded by the next try.
  },
)
