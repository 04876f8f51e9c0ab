/** Who is signed in, and who changed what. */
import { Type } from 'typebox'
import { ACTOR_KINDS } from '../../../domain/audit.ts'
import { KEY_SCOPES } from '../../../domain/records.ts'
import { fields, Id, Instant, line, named, nullable, page, pageQuery } from './common.ts'
import { Portal } from './portal.ts'

export const SessionInput = named('SessionInput', {
  key: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 512,
      description: 'An API key. It is not kept in the browser.',
      'x-expects': 'an API key, text of 1 to 512 characters',
    }),
  ),
})

export const Session = named('Session', {
  id: Id,
  scope: Type.Enum([...KEY_SCOPES], { description: 'That of the key, as it is what the session may do.' }),
  tenant: Type.Union([fields({ id: Id, slug: Type.String(), name: Type.String() }), Type.Null()], {
    description: 'null with the scope `admin`: `posthorn-tenant` names it with each request, as for a key.',
  }),
  key: fields({ id: Id, name: Type.String({ description: 'Empty in the portal.' }) }),
  portal: Type.Union([Portal, Type.Null()], {
    description: 'Of a session that a link of `POST /portal-sessions` has opened; else null.',
  }),
  expires_at: Instant,
  idle_expires_at: Type.String({
    format: 'date-time',
    description: 'Moves on with each request but those with `posthorn-console: background`.',
  }),
})

export const AuditQuery = fields({
  ...pageQuery,
  action: Type.Optional(
    Type.String({
      pattern: '^(\\*|[a-z_]+\\.([a-z_]+|\\*))$',
      maxLength: 100,
      description: 'As `subscription.updated`, or `subscription.*`.',
      'x-expects': 'an action such as subscription.updated or subscription.*',
    }),
  ),
  actor: Type.Optional(
    Type.String({
      pattern: `^(${ACTOR_KINDS.join('|')}|key_[0-9a-f-]{1,64})$`,
      description: `Id of a key, or ${ACTOR_KINDS.join(', ')}.`,
      'x-expects': `the id of a key, or ${ACTOR_KINDS.join(', ')}`,
    }),
  ),
  object: Type.Optional(line(1, 255, 'Id of what was changed.')),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
})

export const AuditEntry = named('AuditEntry', {
  id: Id,
  at: Instant,
  tenant_id: nullable(Id),
  actor: fields({
    kind: Type.Enum([...ACTOR_KINDS]),
    key_id: nullable(Id),
    name: Type.String({ description: 'Of the key; in the portal of its user.' }),
  }),
  action: Type.String({ description: 'As `subscription.updated`.' }),
  object: fields({ kind: Type.String(), id: Type.String(), name: Type.String() }),
  changes: Type.Record(Type.String(), fields({ from: Type.Unknown(), to: Type.Unknown() }), {
    description: 'By field. What is secret is told by its count, headers by their names.',
  }),
  request_id: nullable(Type.String()),
  address: nullable(Type.String()),
})

export const AuditPage = page(AuditEntry)
