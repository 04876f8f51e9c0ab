import type { BulkId, DeliveryId, ReplayId, RequestId, TenantId } from '../../domain/ids.ts'
import type { Store } from '../../ports/store.ts'
import type { Directory } from '../directory/directory.ts'
import type { TenantView } from '../directory/tenant-view.ts'
import type { Found } from './use-cases.ts'

export interface FinderParts {
  readonly store: Pick<Store, 'events' | 'deliveries' | 'requests' | 'replays' | 'bulks'>
  readonly directory: Directory
}

const FOUND_MAX = 20
/** An event's or a request's id is unique for its source only: so many sources are asked. */
const SOURCES_MAX = 50

/** Finds things by id, and by the beginning of a name what has one. Each look is one by a unique key. */
export async function find(
  { store, directory }: FinderParts,
  tenantId: TenantId,
  text: string,
): Promise<Found[]> {
  const view = await directory.tenantView(tenantId)
  const named = byName(view, text)
  const found = await byId(store, view, tenantId, text)
  return [...found, ...named].slice(0, FOUND_MAX)
}

/** Ends when it has enough: a letter is the beginning of all 100,000 names of a tenant, and others wait meanwhile. */
function byName(view: TenantView, text: string): Found[] {
  const wanted = text.toLowerCase()
  const fits = (name: string) => name.toLowerCase().startsWith(wanted)
  const found: Found[] = []
  const add = (kind: Found['kind'], id: string, name: string) =>
    found.push({ kind, id, name, source: null }) >= FOUND_MAX
  for (const { id, name } of view.subscriptions.values())
    if ((fits(name) || fits(id)) && add('subscription', id, name)) return found
  for (const { id, slug } of view.sources.values())
    if ((fits(slug) || fits(id)) && add('source', id, slug)) return found
  for (const { name } of view.eventTypes.values())
    if (fits(name) && add('event_type', name, name)) return found
  return found
}

async function byId(
  store: FinderParts['store'],
  view: TenantView,
  tenantId: TenantId,
  id: string,
): Promise<Found[]> {
  const one = (kind: Found['kind'], name: string, source: string | null = null): Found[] => [
    { kind, id, name, source },
  ]
  if (id.startsWith('dlv_')) {
    const delivery = await store.deliveries.get(tenantId, id as DeliveryId)
    return delivery === null ? [] : one('delivery', delivery.eventType)
  }
  if (id.startsWith('rpl_'))
    return (await store.replays.get(tenantId, id as ReplayId)) === null ? [] : one('replay', id)
  if (id.startsWith('blk_'))
    return (await store.bulks.get(tenantId, id as BulkId)) === null ? [] : one('bulk', id)
  const sources = [...view.sources.values()].slice(0, SOURCES_MAX)
  if (id.startsWith('req_')) {
    const looks = sources.map(async (source) => {
      const request = await store.requests.get(tenantId, source.id, id as RequestId)
      return request === null ? [] : one('request', `${request.method} ${source.slug}`, source.id)
    })
    return (await Promise.all(looks)).flat()
  }
  const looks = [null, ...sources].map(async (source) => {
    const event = await store.events.get(tenantId, source?.id ?? null, id)
    return event === null ? [] : one('event', event.type, source?.id ?? null)
  })
  return (await Promise.all(looks)).flat()
}
