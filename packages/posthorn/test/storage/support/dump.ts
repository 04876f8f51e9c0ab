/** All that a store shows through its ports, without what is its own: keys, cursors and leases. */

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Delivery } from '../../../src/domain/delivery.ts'
import type { StoredEvent } from '../../../src/domain/event.ts'
import type { RequestId, SourceId, TenantId } from '../../../src/domain/ids.ts'
import type { InboundRequest } from '../../../src/domain/inbound-request.ts'
import type { Replay } from '../../../src/domain/records.ts'
import type { RecordStore, Store } from '../../../src/ports/store.ts'
import { allPages, NOW, World } from '../../../src/testing/store-conformance/world.ts'

const DAY = 86_400_000
const LATER = NOW + 400 * DAY

/** Who and what is named in a store's file: lists are asked by tenant and source. */
export class Names {
  readonly tenants: readonly TenantId[]
  readonly sources: ReadonlyArray<readonly [TenantId, SourceId]>
  /** Ids and tokens that are remembered without an event. */
  readonly remembered: ReadonlyArray<{
    readonly tenant: TenantId
    readonly source: SourceId
    readonly kind: string
    readonly id: string
    readonly hash: string
    readonly until: number
  }>

  constructor(folder: string) {
    const db = new DatabaseSync(join(folder, 'posthorn.db'), { readOnly: true })
    const all = (sql: string) => db.prepare(sql).all() as Array<Record<string, string | number>>
    const tables = ['events', 'requests', 'deliveries', 'replays', 'minutes'].map(
      (t) => `select tenant_id from ${t}`,
    )
    this.tenants = all(`${tables.join(' union ')} order by 1`).map((row) => row.tenant_id as TenantId)
    this.sources = all(
      "select tenant_id, source_id from requests union select tenant_id, source_id from events where source_id <> '' order by 1, 2",
    ).map((row) => [row.tenant_id as TenantId, row.source_id as SourceId])
    this.remembered = all('select * from remembered_ids order by 1, 2, 3, 4').map((row) => ({
      ...{ tenant: row.tenant_id as TenantId, source: row.source_id as SourceId, kind: String(row.kind) },
      ...{ id: String(row.id), hash: String(row.content_hash), until: Number(row.until) },
    }))
    db.close()
  }
}

export async function dump(store: Store, names: Names): Promise<Record<string, unknown>> {
  const world = new World(store, 1)
  const events = new Map<number, string>()
  const shown: Record<string, unknown> = { records: await records(store), lanes: await lanes(store) }
  for (const tenantId of names.tenants) {
    const list = await allPages<StoredEvent>((last) =>
      store.events.list(world.eventQuery({ tenantId, before: last?.key ?? null, limit: 17 })),
    )
    for (const { key, sourceId, id } of list) events.set(key, `${sourceId} ${id}`)
    shown[`events of ${tenantId}`] = list.map(({ key: _, ...event }) => ({
      ...event,
      data: text(event.data),
    }))
    shown[`deliveries of ${tenantId}`] = await deliveries(world, tenantId, events)
  }
  for (const [tenantId, sourceId] of names.sources)
    shown[`requests to ${sourceId} of ${tenantId}`] = await requests(store, tenantId, sourceId)
  for (const tenantId of names.tenants)
    shown[`minutes of ${tenantId}`] = (await store.minutes.list(tenantId, 0, LATER)).toSorted((a, b) =>
      `${a.minute} ${a.runId}` < `${b.minute} ${b.runId}` ? -1 : 1,
    )
  shown.audit = await store.audit.list(EVERY_ENTRY)
  shown.bulks = await Promise.all(
    (await allOf(store.bulks)).map(async ({ record, version }) => [
      ...[record, version, await store.bulks.items(record.id, null, 1000)],
    ]),
  )
  shown.uses = await Promise.all(
    names.sources.map(async ([tenantId, sourceId]) => await store.requests.uses(tenantId, [sourceId])),
  )
  shown.running = await Promise.all(
    (await store.replays.running()).map(async (replay) => [
      replay.id,
      (await store.replays.scan(replay, 1000)).map((one) => ({ ...one, eventKey: events.get(one.eventKey) })),
    ]),
  )
  return shown
}

async function deliveries(
  world: World,
  tenantId: TenantId,
  events: ReadonlyMap<number, string>,
): Promise<unknown[]> {
  const { store } = world
  const list = await allPages<Delivery>((last) =>
    store.deliveries.list(world.deliveryQuery({ tenantId, before: last?.id ?? null, limit: 17 })),
  )
  return Promise.all(
    list.map(async ({ eventKey, leaseToken: _, leaseUntil: __, ...delivery }) => ({
      ...delivery,
      event: events.get(eventKey),
      tried: (await store.deliveries.attempts(tenantId, delivery.id)).map((attempt) => ({
        ...attempt,
        responseBody: text(attempt.responseBody),
      })),
    })),
  )
}

async function requests(store: Store, tenantId: TenantId, sourceId: SourceId): Promise<unknown[]> {
  const list = await allPages<{ id: RequestId }>((last) =>
    store.requests.list({ tenantId, sourceId, verdict: null, before: last?.id ?? null, limit: 17 }),
  )
  return Promise.all(
    list.map(async ({ id }) => {
      const request = await store.requests.get(tenantId, sourceId, id)
      return { ...request, body: request?.body == null ? null : text(request.body) }
    }),
  )
}

const EVERY_ENTRY = {
  ...{ tenantId: null, action: null, actor: null, objectId: null },
  ...{ since: null, until: null, before: null, limit: 1000 },
}

function allOf<T>(of: RecordStore<T>) {
  return of.list({ tenantId: null, before: null, limit: 1000 })
}

async function records(store: Store): Promise<unknown> {
  const replays = await allOf(store.replays)
  const kinds = [store.tenants, store.subscriptions, store.sources, store.eventTypes, store.keys]
  const told = [store.alertRules, store.alerts]
  const lists = await Promise.all([...kinds, ...told].map((kind) => allOf(kind as RecordStore<unknown>)))
  return [
    ...lists.flat().map(({ cursor: _, ...record }) => record),
    ...replays.map(({ record, version }) => ({ record: { ...(record as Replay), cursor: null }, version })),
  ]
}

/** Those of one time come in any order. */
async function lanes(store: Store): Promise<unknown> {
  const due = await store.lanes.due(LATER, 1000)
  return due.toSorted((a, b) => (`${a.at} ${a.targetId}` < `${b.at} ${b.targetId}` ? -1 : 1))
}

/**
 * What the store answers to everything that came once, coming again, just before it may be forgotten and after that.
 * Changes the store.
 */
export async function repeatAll(store: Store, names: Names): Promise<unknown[]> {
  const world = new World(store, 2)
  const answers: unknown[] = []
  for (const tenantId of names.tenants) {
    const list = await store.events.list(world.eventQuery({ tenantId, limit: 1000 }))
    for (const event of list)
      for (const contentHash of [event.contentHash, 'another'])
        answers.push(
          (await store.events.insert([{ event: { ...event, contentHash }, deliveries: [] }])).map(withoutKey),
        )
  }
  for (const one of names.remembered)
    for (const receivedAt of [one.until - 1, one.until]) {
      const isToken = one.kind === 'token'
      const event = world.event({
        ...{ tenantId: one.tenant, sourceId: one.source, receivedAt, dedupeUntil: receivedAt + DAY },
        ...(isToken ? {} : { id: one.id, contentHash: one.hash }),
      })
      const request = {
        ...{ id: world.id('req'), tenantId: one.tenant, sourceId: one.source, receivedAt, method: 'POST' },
        ...{ url: '/', headers: [], address: null, verdict: 'accepted' as const, reason: null, status: 202 },
        ...{ secretIndex: null, eventIds: [event.id], body: null },
      } satisfies InboundRequest
      const [result] = await store.requests.receive([
        {
          request,
          events: [{ event, deliveries: [] }],
          onceToken: isToken ? one.id : null,
          onDuplicate: 'skip',
        },
      ])
      answers.push([one.kind, one.id, result?.verdict, result?.results.map(withoutKey)])
    }
  return answers
}

function withoutKey({ key, ...result }: { readonly key: number | null }): unknown {
  return { ...result, there: key !== null }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
