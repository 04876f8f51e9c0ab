/**
 * The promises of `ports/store.ts` as tests that any store can run: a harness opens the store, the suite does the rest.
 *
 * ```ts
 * testStore('mine', { open: () => openMine(), capabilities: { nulInText: true, peers: false } })
 * ```
 */
import { test } from 'node:test'
import type { Store } from '../ports/store.ts'
import { ALERT_CASES } from './store-conformance/alerts.ts'
import { AUDIT_CASES } from './store-conformance/audit.ts'
import { CHANGE_CASES } from './store-conformance/changes.ts'
import { CLAIM_CASES } from './store-conformance/claims.ts'
import { EVENT_CASES } from './store-conformance/events.ts'
import { FINISH_CASES } from './store-conformance/finish.ts'
import { INBOUND_WALK_CASES } from './store-conformance/inbound-walk.ts'
import { INSIGHT_CASES } from './store-conformance/insight.ts'
import { LANE_CASES } from './store-conformance/lanes.ts'
import { LIST_CASES } from './store-conformance/lists.ts'
import { ODD_TEXT_CASES } from './store-conformance/odd-text.ts'
import { PEER_CASES } from './store-conformance/peers.ts'
import { RECORD_CASES } from './store-conformance/records.ts'
import { REMEMBERED_CASES } from './store-conformance/remembered.ts'
import { REPLAY_CASES } from './store-conformance/replays.ts'
import { REQUEST_CASES } from './store-conformance/requests.ts'
import { SESSION_CASES } from './store-conformance/sessions.ts'
import { SOURCE_CASES } from './store-conformance/sources.ts'
import { UPKEEP_CASES } from './store-conformance/upkeep.ts'
import { WALK_CASES } from './store-conformance/walk.ts'
import { type Capability, type Case, World } from './store-conformance/world.ts'

export interface Harness {
  /** A new, empty store. The suite closes it. */
  open(): Promise<Store>
  /** The same data again, after `store` was closed. Without it the cases that restart are skipped and say so. */
  reopen?(store: Store): Promise<Store>
  readonly capabilities: { readonly [C in Exclude<Capability, 'reopen'>]: boolean }
}

const CASES: readonly Case[] = [
  ...EVENT_CASES,
  ...ODD_TEXT_CASES,
  ...FINISH_CASES,
  ...CHANGE_CASES,
  ...LIST_CASES,
  ...LANE_CASES,
  ...CLAIM_CASES,
  ...REQUEST_CASES,
  ...REMEMBERED_CASES,
  ...RECORD_CASES,
  ...SESSION_CASES,
  ...AUDIT_CASES,
  ...ALERT_CASES,
  ...SOURCE_CASES,
  ...REPLAY_CASES,
  ...UPKEEP_CASES,
  ...INSIGHT_CASES,
  ...PEER_CASES,
  ...WALK_CASES,
  ...INBOUND_WALK_CASES,
]

/**
 * Declares the whole suite as tests of `node:test`, each with a store of its own.
 * @param name stands before each test's name
 */
export function testStore(name: string, harness: Harness): void {
  CASES.forEach((entry, index) => {
    const missing = entry.needs !== undefined && !has(harness, entry.needs) ? entry.needs : null
    const skip = missing === null ? false : `this store lacks the capability "${missing}"`
    test(`${name}: ${entry.name}`, { skip }, async () => {
      const world = new World(await harness.open(), index + 1, harness.reopen)
      try {
        await entry.run(world)
      } finally {
        await world.store.close()
      }
    })
  })
}

function has(harness: Harness, capability: Capability): boolean {
  return capability === 'reopen' ? harness.reopen !== undefined : harness.capabilities[capability]
}
