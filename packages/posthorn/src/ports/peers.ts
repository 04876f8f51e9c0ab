/** The processes that share a store. */
import type { SubscriptionId, TenantId } from '../domain/ids.ts'

/** What a process does: `api` accepts, `worker` attempts, `all` does both. */
export type Role = 'all' | 'api' | 'worker'

export interface ProcessInfo {
  /** Of this run of the process. */
  readonly id: string
  /** For people: host and process id. */
  readonly name: string
  readonly role: Role
  /** Of Posthorn. */
  readonly version: string
  /** epoch ms */
  readonly startedAt: number
}

export interface SeenProcess extends ProcessInfo {
  /** Its last pulse, by the store's clock; epoch ms. */
  readonly seenAt: number
}

/**
 * What a process must know of the others, in one cheap call every few seconds. It is the safety net under `Signals`:
 * whoever calls it learns of every change that was stored, heard or not.
 *
 * Optional: a store for one process leaves `Store.peers` out.
 */
export interface PeerStore {
  /**
   * Says that this process lives, and asks what there is to know.
   * @param after the cursor of the last pulse; null: the first, which is told of no change
   */
  pulse(self: ProcessInfo, after: string | null): Promise<Pulse>
  /** Keeps a fact about the whole store, unless it is known. @returns what is kept */
  fact(name: string, value: string): Promise<string>
  /** It ends: the others need not wait until it is missed. */
  leave(id: ProcessInfo['id']): Promise<void>
}

/** A record of configuration. */
export interface ChangedRecord {
  /** null: of none, such as an admin's key. */
  readonly tenantId: TenantId | null
  /** Which subscription of the tenant; null: it was a record of another kind. */
  readonly subscriptionId: SubscriptionId | null
}

export interface Pulse {
  /** By the store's clock, which is one for all processes; epoch ms. */
  readonly now: number
  /** Seen within the last ten seconds by that clock, this one among them. */
  readonly processes: readonly SeenProcess[]
  /** Committed since `after`, each at least once. `any`: the store cannot tell. */
  readonly changed: readonly ChangedRecord[] | 'any'
  readonly cursor: string
}
