import { hash } from 'node:crypto'
import type { EventItem, Provider } from '@posthorn/receiver/providers'
import { inboundTypeFlaw } from '../../domain/event-type.ts'
import { ID_RANDOM_BYTES, makeId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'

/** What the columns, headers and logs can carry; a provider's id is whatever its body says. */
const PLAIN = /^[\x21-\x7e]{1,255}$/

/**
 * The ids by which the events of one request are told apart from those that were there before, in the order of the items.
 * An odd id is replaced by its hash. Without ids the bytes are the id, where they can be: a provider repeats the same
 * ones. Items of one batch that are equal stay several (`…-2`), and do so again when the batch is repeated.
 */
export function eventIds(
  items: readonly EventItem[],
  withoutId: Provider['withoutId'],
  made: { readonly clock: Clock; readonly random: Random },
): string[] {
  const seen = new Map<string, number>()
  return items.map(({ id, body }) => {
    if (id !== undefined) return plainId(id)
    if (withoutId === 'nothing') return freshId(made)
    const own = `body-${digest(body)}`
    const count = (seen.get(own) ?? 0) + 1
    seen.set(own, count)
    return count === 1 ? own : `${own}-${count}`
  })
}

export function freshId({ clock, random }: { readonly clock: Clock; readonly random: Random }): string {
  return makeId('evt', clock.now(), random.bytes(ID_RANDOM_BYTES))
}

/** A stranger's text as a key: itself, or its hash where no column could carry it. */
export function plainId(id: string): string {
  return PLAIN.test(id) ? id : `id-${digest(Buffer.from(id))}`
}

/** What no filter could name is `unknown`. */
export function plainType(type: string | undefined): string {
  return inboundTypeFlaw(type) === null ? (type as string) : 'unknown'
}

function digest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex').slice(0, 40)
}
