/**
 * Typed ids that sort by time: a prefix that says what they name, then a UUIDv7 (RFC 9562 §5.7).
 */
const PREFIXES = [
  'blk',
  'evt',
  'sub',
  'dlv',
  'att',
  'src',
  'ten',
  'key',
  'rpl',
  'req',
  'ses',
  'aud',
  'alr',
  'alt',
] as const

export type IdPrefix = (typeof PREFIXES)[number]
export type Id<P extends IdPrefix> = `${P}_${string}`

export type TenantId = Id<'ten'>
export type SubscriptionId = Id<'sub'>
export type DeliveryId = Id<'dlv'>
export type AttemptId = Id<'att'>
export type SourceId = Id<'src'>
export type KeyId = Id<'key'>
export type ReplayId = Id<'rpl'>
export type RequestId = Id<'req'>
export type SessionId = Id<'ses'>
export type AuditId = Id<'aud'>
export type BulkId = Id<'blk'>
export type AlertRuleId = Id<'alr'>
export type AlertId = Id<'alt'>

/** A subscription's id or the name of a handler, `hdl_` and its own words: what a delivery is for. */
export type TargetId = SubscriptionId | `hdl_${string}`

/** How many random bytes `makeId` takes. */
export const ID_RANDOM_BYTES = 10

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * @param nowMs epoch milliseconds, the id's first 48 bits
 * @param random ten random bytes
 */
export function makeId<P extends IdPrefix>(prefix: P, nowMs: number, random: Uint8Array): Id<P> {
  const hex = (index: number) => HEX[random[index] ?? 0]
  const version = HEX[0x70 | ((random[0] ?? 0) & 0x0f)]
  const variant = HEX[0x80 | ((random[2] ?? 0) & 0x3f)]
  return `${lowestId(prefix, nowMs)}-${version}${hex(1)}-${variant}${hex(3)}-${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`
}

/** What the ids of this millisecond and of later ones are not below, and those of earlier ones are. */
export function lowestId<P extends IdPrefix>(prefix: P, nowMs: number): Id<P> {
  const time = Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, '0')
  return `${prefix}_${time.slice(0, 8)}-${time.slice(8)}`
}

/** The prefix of an id of ours, or null when the text is not one. */
export function prefixOf(id: string): IdPrefix | null {
  const prefix = id.slice(0, 3) as IdPrefix
  return id[3] === '_' && PREFIXES.includes(prefix) ? prefix : null
}
