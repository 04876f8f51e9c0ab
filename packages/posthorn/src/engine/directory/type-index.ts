import { isOperational } from '../../domain/event-type.ts'
import { parseFilter, prefixesOf, type TypesOf } from '../../domain/filter.ts'
import type { SubscriptionId } from '../../domain/ids.ts'
import type { BodyFormat, Subscription } from '../../domain/subscription.ts'

/** What a publish needs to know of a subscription that an event fits. */
export interface SubscriptionTarget {
  readonly targetId: SubscriptionId
  readonly format: BodyFormat
  readonly subscription: Subscription
}

/** Answers kept for event types asked before. A tenant has tens of types; more is somebody making them up. */
const MEMO_MAX = 1000

const NONE: readonly SubscriptionTarget[] = []

/** Subscriptions by the types they take, of what is published or of what one source sends. */
export class TypeIndex {
  readonly #of: TypesOf
  readonly #all: SubscriptionTarget[] = []
  readonly #exact = new Map<string, SubscriptionTarget[]>()
  readonly #prefixes = new Map<string, SubscriptionTarget[]>()
  readonly #memo = new Map<string, readonly SubscriptionTarget[]>()

  constructor(subscriptions: readonly Subscription[], of: TypesOf) {
    this.#of = of
    for (const subscription of subscriptions) this.add(subscription)
  }

  /** Those that the type fits, each once, oldest first. The same list for the same type, while it is remembered. */
  match(eventType: string): readonly SubscriptionTarget[] {
    const known = this.#memo.get(eventType)
    if (known) return known
    const found = this.#find(eventType)
    if (this.#memo.size >= MEMO_MAX) this.#memo.clear()
    this.#memo.set(eventType, found)
    return found
  }

  add(subscription: Subscription): void {
    this.#memo.clear()
    const target = { targetId: subscription.id, format: subscription.format, subscription }
    for (const text of subscription.events) {
      const filter = parseFilter(text)
      if (filter.kind === 'all') this.#all.push(target)
      else if (filter.kind === 'exact') add(this.#exact, filter.type, target)
      else add(this.#prefixes, filter.prefix, target)
    }
  }

  /** As it was when it was added. */
  remove({ id, events }: Subscription): void {
    this.#memo.clear()
    for (const text of events) {
      const filter = parseFilter(text)
      if (filter.kind === 'all') take(this.#all, id)
      else if (filter.kind === 'exact') takeFrom(this.#exact, filter.type, id)
      else takeFrom(this.#prefixes, filter.prefix, id)
    }
  }

  #find(eventType: string): readonly SubscriptionTarget[] {
    // A provider's type that begins like ours is not ours.
    const reserved = this.#of === 'published' && isOperational(eventType)
    const found = new Set<SubscriptionTarget>(reserved ? NONE : this.#all)
    for (const target of this.#exact.get(eventType) ?? NONE) found.add(target)
    for (const prefix of prefixesOf(eventType))
      for (const target of this.#prefixes.get(prefix) ?? NONE) found.add(target)
    return [...found].sort((a, b) => (a.targetId < b.targetId ? -1 : 1))
  }
}

function add(index: Map<string, SubscriptionTarget[]>, key: string, target: SubscriptionTarget): void {
  const targets = index.get(key)
  if (targets) targets.push(target)
  else index.set(key, [target])
}

function takeFrom(index: Map<string, SubscriptionTarget[]>, key: string, id: SubscriptionId): void {
  const targets = index.get(key)
  if (targets === undefined) return
  take(targets, id)
  if (targets.length === 0) index.delete(key)
}

function take(targets: SubscriptionTarget[], id: SubscriptionId): void {
  const at = targets.findIndex(({ targetId }) => targetId === id)
  if (at !== -1) targets.splice(at, 1)
}
