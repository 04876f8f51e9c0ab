import { Type } from 'typebox'
import { ADMINS, type Operation, READERS, WRITERS } from './operation.ts'
import { IdParams, PageQuery } from './schemas/common.ts'
import {
  EventType,
  EventTypeInput,
  EventTypePage,
  EventTypeParams,
  EventTypePatch,
  Health,
  Key,
  KeyCreated,
  KeyInput,
  KeyPage,
  Readiness,
  Tenant,
  TenantInput,
  TenantPage,
  TenantPatch,
} from './schemas/operator.ts'

const read = { tag: 'Event types', scopes: READERS, tenant: true } as const
const write = { tag: 'Event types', scopes: WRITERS, tenant: true } as const
const admin = { tag: 'Operator', scopes: ADMINS, tenant: false } as const
const open = { tag: 'Server', scopes: null, tenant: false, errors: [] } as const

export const OPERATOR_OPERATIONS = {
  createEventType: {
    ...write,
    summary: 'Describe an event type',
    description: 'With a schema, an event whose data does not fit is refused when it is published.',
    body: EventTypeInput,
    responses: { 201: EventType },
    errors: ['name_taken', 'schema_refused'],
  },
  listEventTypes: {
    ...read,
    summary: 'List event types',
    query: PageQuery,
    responses: { 200: EventTypePage },
    errors: ['cursor_invalid'],
  },
  getEventType: {
    ...read,
    summary: 'Get an event type',
    params: EventTypeParams,
    responses: { 200: EventType },
    errors: ['not_found'],
  },
  updateEventType: {
    ...write,
    summary: 'Change an event type',
    params: EventTypeParams,
    body: EventTypePatch,
    responses: { 200: EventType },
    errors: ['not_found', 'schema_refused', 'changed_meanwhile'],
  },
  deleteEventType: {
    ...write,
    summary: 'Delete an event type',
    params: EventTypeParams,
    responses: { 204: null },
    errors: ['not_found', 'changed_meanwhile'],
  },
  createTenant: {
    ...admin,
    summary: 'Create a tenant',
    body: TenantInput,
    responses: { 201: Tenant },
    errors: ['name_taken'],
  },
  listTenants: {
    ...admin,
    summary: 'List tenants',
    query: PageQuery,
    responses: { 200: TenantPage },
    errors: ['cursor_invalid'],
  },
  getTenant: {
    ...admin,
    summary: 'Get a tenant by id or slug',
    params: IdParams,
    responses: { 200: Tenant },
    errors: ['not_found'],
  },
  updateTenant: {
    ...admin,
    summary: 'Change a tenant',
    params: IdParams,
    body: TenantPatch,
    responses: { 200: Tenant },
    errors: ['not_found', 'changed_meanwhile'],
  },
  deleteTenant: {
    ...admin,
    summary: 'Delete a tenant',
    description: 'Not while it has subscriptions, and never the tenant `default`.',
    params: IdParams,
    responses: { 204: null },
    errors: ['not_found', 'state_conflict'],
  },
  createKey: {
    ...admin,
    summary: 'Create an API key',
    description:
      'For the tenant named in `posthorn-tenant` (else `default`); with scope `admin`, for all. The key is shown this once.',
    body: KeyInput,
    responses: { 201: KeyCreated },
    errors: [],
  },
  listKeys: {
    ...admin,
    summary: 'List API keys',
    description: 'Of the tenant named in `posthorn-tenant`; without it, all.',
    query: PageQuery,
    responses: { 200: KeyPage },
    errors: ['cursor_invalid'],
  },
  revokeKey: {
    ...admin,
    summary: 'Revoke an API key',
    description: 'At once in this process, within five seconds in others.',
    params: IdParams,
    responses: { 200: Key },
    errors: ['not_found'],
  },
  health: { ...open, summary: 'Is the process alive?', responses: { 200: Health } },
  readiness: {
    ...open,
    summary: 'Is it able to store and to deliver?',
    responses: { 200: Readiness, 503: Readiness },
  },
  metrics: {
    ...open,
    scopes: ADMINS,
    openOnLoopback: true,
    summary: 'Metrics in the Prometheus text format',
    description:
      'From the loopback interface without a key; from elsewhere, or through a proxy, with an admin key.',
    media: 'text/plain; version=0.0.4; charset=utf-8',
    responses: { 200: Type.String() },
  },
  openApi: {
    ...open,
    summary: 'This contract as OpenAPI 3.1',
    responses: { 200: Type.Record(Type.String(), Type.Unknown()) },
  },
} as const satisfies Record<string, Operation>
