import { PROVIDERS } from '@posthorn/receiver/providers'
import type { RequestId } from '../../domain/ids.ts'
import type { Source } from '../../domain/source.ts'
import { type Call, type Handlers, type Tools, tenantOf } from '../http/handler.ts'
import { ingestPath } from '../http/ingest-path.ts'
import { toProvider } from '../wire/provider.ts'
import { fromReplayInput, toListedRequest, toRequest, toReverified } from '../wire/request.ts'
import { fromSourceInput, fromSourcePatch, toSource } from '../wire/source.ts'
import { slicePage, toPage, toPageRequest } from './page.ts'

const LET_THROUGH_S = 600

type OnSources =
  | 'createSource'
  | 'listSources'
  | 'getSource'
  | 'updateSource'
  | 'deleteSource'
  | 'letThrough'
  | 'listProviders'

type Asked = Pick<Call<'getSource'>, 'raw'>

export function sourceHandlers({ useCases: { sources }, origin }: Tools): Handlers<OnSources> {
  const shownWith = (call: Asked, uses: ReadonlyMap<string, number>) => (source: Source) =>
    toSource(source, origin.of(call.raw) + ingestPath(source.id), uses)
  const shown = async (source: Source, call: Asked) =>
    shownWith(call, await sources.lastUses(source.tenantId, [source]))(source)
  return {
    async createSource(call) {
      const source = await sources.create(tenantOf(call).id, fromSourceInput(call.body))
      return { status: 201, body: await shown(source, call) }
    },
    async listSources(call) {
      const page = await sources.list(tenantOf(call).id, toPageRequest(call.query))
      const uses = await sources.lastUses(tenantOf(call).id, page.items)
      return { status: 200, body: toPage(page, shownWith(call, uses)) }
    },
    async getSource(call) {
      return { status: 200, body: await shown(await sources.get(tenantOf(call).id, call.params.id), call) }
    },
    async updateSource(call) {
      const patch = fromSourcePatch(call.body)
      const source = await sources.update(tenantOf(call).id, call.params.id, patch)
      return { status: 200, body: await shown(source, call) }
    },
    async deleteSource(call) {
      await sources.delete(tenantOf(call).id, call.params.id)
      return { status: 204, body: null }
    },
    async letThrough(call) {
      const { event_id: eventId = null, for_s: forS = LET_THROUGH_S } = call.body
      const source = await sources.letThrough(tenantOf(call).id, call.params.id, { eventId, forS })
      return { status: 200, body: await shown(source, call) }
    },
    async listProviders(call) {
      const page = slicePage('providers', {}, Object.values(PROVIDERS), toPageRequest(call.query))
      return { status: 200, body: toPage(page, toProvider) }
    },
  }
}

type OnRequests = 'listRequests' | 'getRequest' | 'verifyRequest' | 'replayRequest'

/** The contract takes any text as an id; what is none of ours is found nowhere. */
function requestId(call: { readonly params: { request_id: string } }): RequestId {
  return call.params.request_id as RequestId
}

export function requestHandlers({ useCases: { requests, audit } }: Tools): Handlers<OnRequests> {
  return {
    async listRequests(call) {
      const filter = { verdict: call.query.verdict ?? null }
      const asked = toPageRequest(call.query)
      const page = await requests.list(tenantOf(call).id, call.params.id, filter, asked)
      return { status: 200, body: toPage(page, toListedRequest) }
    },
    async getRequest(call) {
      const request = await requests.get(tenantOf(call).id, call.params.id, requestId(call))
      return { status: 200, body: toRequest(request) }
    },
    async verifyRequest(call) {
      const verified = await requests.verify(tenantOf(call).id, call.params.id, requestId(call))
      return { status: 200, body: toReverified(verified) }
    },
    async replayRequest(call) {
      const edits = fromReplayInput(call.body)
      const made = await requests.replay(tenantOf(call), call.params.id, requestId(call), edits)
      const object = { kind: 'request', id: requestId(call), name: call.params.id }
      await audit.note({ tenantId: tenantOf(call).id, action: 'request.replayed', object })
      const { requestId: id, eventIds, deliveries } = made
      return { status: 202, body: { request_id: id, event_ids: [...eventIds], deliveries } }
    },
  }
}
