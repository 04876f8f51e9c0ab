/** Event types, tenants, keys, and how the server is. */
import { Type } from 'typebox'
import { LIMITS } from '../../../domain/limits.ts'
import { KEY_SCOPES } from '../../../domain/records.ts'
import { fields, Id, Instant, line, named, nullable, Prose, page } from './common.ts'

const Schema = nullable(Type.Record(Type.String(), Type.Unknown(), { description: 'JSON Schema 2020-12.' }))
const Examples = Type.Array(Type.Unknown(), { maxItems: 20 })

const eventType = {
  description: Type.Optional(Prose),
  schema: Type.Optional(Schema),
  examples: Type.Optional(Examples),
  archived: Type.Optional(Type.Boolean()),
}

export const EventTypeParams = fields({
  name: Type.String({ minLength: 1, maxLength: LIMITS.eventTypeChars }),
})

export const EventTypeInput = named('EventTypeInput', {
  name: Type.String({ minLength: 1, maxLength: LIMITS.eventTypeChars }),
  ...eventType,
})

export const EventTypePatch = Type.Object(eventType, {
  title: 'EventTypePatch',
  additionalProperties: false,
  minProperties: 1,
})

export const EventType = named('EventType', {
  name: Type.String(),
  description: Type.String(),
  schema: Schema,
  examples: Type.Array(Type.Unknown()),
  archived: Type.Boolean({ description: 'true: publishing it is refused.' }),
  created_at: Instant,
  updated_at: Instant,
})

export const EventTypePage = page(EventType)

const Slug = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'Never changed: it stands in the bodies that are signed.',
  'x-expects': 'a slug of 1 to 63 small letters, digits and hyphens',
})

export const TenantInput = named('TenantInput', {
  slug: Slug,
  name: Type.Optional(line(1, LIMITS.nameChars)),
})

export const TenantPatch = named('TenantPatch', { name: line(1, LIMITS.nameChars) })

export const Tenant = named('Tenant', {
  id: Id,
  slug: Type.String(),
  name: Type.String(),
  created_at: Instant,
})

export const TenantPage = page(Tenant)

export const KeyInput = named('KeyInput', {
  name: line(1, LIMITS.nameChars),
  scope: Type.Enum([...KEY_SCOPES], {
    description:
      'admin: everything, every tenant; tenant: all of one tenant; publish: publish events only; read: read one tenant.',
  }),
})

const key = {
  id: Id,
  tenant_id: nullable(Id),
  name: Type.String(),
  scope: Type.Enum([...KEY_SCOPES]),
  hint: Type.String({ description: 'The first characters of the key.' }),
  created_at: Instant,
  revoked_at: nullable(Instant),
}

export const Key = named('Key', key)
export const KeyCreated = named('KeyCreated', {
  ...key,
  key: Type.String({ description: 'Shown this once.' }),
})
export const KeyPage = page(Key)

export const Health = named('Health', { status: Type.Enum(['alive']), version: Type.String() })

export const Readiness = named('Readiness', {
  ready: Type.Boolean({ description: 'Able to store and to deliver.' }),
  reasons: Type.Array(Type.String(), { description: 'Why not; empty when ready.' }),
  oldest_due_age_ms: Type.Number({ description: 'How long the oldest due delivery has been waiting.' }),
})
