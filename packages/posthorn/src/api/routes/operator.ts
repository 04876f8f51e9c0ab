import type { KeyId } from '../../domain/ids.ts'
import { type Handlers, type Tools, tenantOf } from '../http/handler.ts'
import { jsonText } from '../json/text.ts'
import { toEventType, toKey, toTenant } from '../wire/operator.ts'
import { toPage, toPageRequest } from './page.ts'

type OnEventTypes =
  | 'createEventType'
  | 'listEventTypes'
  | 'getEventType'
  | 'updateEventType'
  | 'deleteEventType'

export function eventTypeHandlers({ useCases: { eventTypes } }: Tools): Handlers<OnEventTypes> {
  return {
    async createEventType(call) {
      return { status: 201, body: toEventType(await eventTypes.create(tenantOf(call).id, call.body)) }
    },
    async listEventTypes(call) {
      const page = await eventTypes.list(tenantOf(call).id, toPageRequest(call.query))
      return { status: 200, body: toPage(page, toEventType) }
    },
    async getEventType(call) {
      return { status: 200, body: toEventType(await eventTypes.get(tenantOf(call).id, call.params.name)) }
    },
    async updateEventType(call) {
      const eventType = await eventTypes.update(tenantOf(call).id, call.params.name, call.body)
      return { status: 200, body: toEventType(eventType) }
    },
    async deleteEventType(call) {
      await eventTypes.delete(tenantOf(call).id, call.params.name)
      return { status: 204, body: null }
    },
  }
}

type Ending = Pick<Tools, 'authenticator' | 'streams'>

type OnTenants = 'createTenant' | 'listTenants' | 'getTenant' | 'updateTenant' | 'deleteTenant'

export function tenantHandlers({ useCases: { tenants }, ...tools }: Tools): Handlers<OnTenants> {
  return {
    async createTenant(call) {
      return { status: 201, body: toTenant(await tenants.create(call.body)) }
    },
    async listTenants(call) {
      return { status: 200, body: toPage(await tenants.list(toPageRequest(call.query)), toTenant) }
    },
    async getTenant(call) {
      return { status: 200, body: toTenant(await tenants.get(call.params.id)) }
    },
    async updateTenant(call) {
      const tenant = await forgetAfter(tools, tenants.update(call.params.id, call.body))
      return { status: 200, body: toTenant(tenant) }
    },
    async deleteTenant(call) {
      await forgetAfter(tools, tenants.delete(call.params.id))
      return { status: 204, body: null }
    },
  }
}

/** Also after an error: the change may have been stored before it. */
async function forgetAfter<T>({ authenticator, streams }: Ending, change: Promise<T>): Promise<T> {
  try {
    return await change
  } finally {
    authenticator.forget()
    await streams.check()
  }
}

const DEFAULT_TENANT = 'default'

type OnKeys = 'createKey' | 'listKeys' | 'revokeKey'

export function keyHandlers({ useCases: { keys, tenants }, ...tools }: Tools): Handlers<OnKeys> {
  return {
    async createKey(call) {
      const { name, scope } = call.body
      const tenant = scope === 'admin' ? null : (call.tenant ?? (await tenants.get(DEFAULT_TENANT)))
      const { key, text } = await keys.create({ tenantId: tenant?.id ?? null, name, scope })
      return { status: 201, body: { ...toKey(key), key: text } }
    },
    async listKeys(call) {
      const page = await keys.list(call.tenant?.id ?? null, toPageRequest(call.query))
      return { status: 200, body: toPage(page, toKey) }
    },
    async revokeKey(call) {
      const id = call.params.id as KeyId
      const key = await forgetAfter(tools, keys.revoke(call.tenant?.id ?? null, id))
      return { status: 200, body: toKey(key) }
    },
  }
}

type OnServer = 'health' | 'readiness' | 'metrics' | 'openApi'

export function serverHandlers({
  useCases: { health },
  metrics,
  openApi,
  version,
}: Tools): Handlers<OnServer> {
  return {
    async health() {
      return { status: 200, body: { status: 'alive', version } }
    },
    async readiness() {
      const { ready, reasons, oldestDueAgeMs } = await health.ready()
      const body = { ready, reasons: [...reasons], oldest_due_age_ms: oldestDueAgeMs }
      return ready ? { status: 200, body } : { status: 503, body }
    },
    async metrics() {
      return { status: 200, body: await metrics() }
    },
    async openApi() {
      return { status: 200, body: jsonText(openApi()) }
    },
  }
}
