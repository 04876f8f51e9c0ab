import { ADMINS, ANYBODY, type Operation, READERS, WRITERS } from './operation.ts'
import { AuditPage, AuditQuery, Session, SessionInput } from './schemas/access.ts'
import { PortalSession, PortalSessionInput } from './schemas/portal.ts'

const session = { tag: 'Sessions', tenant: false } as const

export const ACCESS_OPERATIONS = {
  createSession: {
    ...session,
    scopes: null,
    summary: 'Sign in',
    description:
      'With a key; the answer sets a cookie that takes its place from then on. For pages of this server, which send the header `posthorn-console: 1`. Without a key only in `posthorn dev`, on loopback. After 10 wrong keys in a minute from one address it waits.',
    body: SessionInput,
    responses: { 201: Session },
    errors: ['unauthorized', 'csrf_refused', 'rate_limited', 'store_unavailable'],
  },
  getCurrentSession: {
    ...session,
    scopes: ANYBODY,
    summary: 'Who is signed in',
    responses: { 200: Session },
    errors: [],
  },
  deleteCurrentSession: {
    ...session,
    scopes: ANYBODY,
    summary: 'Sign out',
    responses: { 204: null },
    errors: [],
  },
  createPortalSession: {
    tag: 'Sessions',
    tenant: false,
    scopes: WRITERS,
    summary: 'Make a link to the portal',
    description:
      "For somebody of a tenant's: the link works once and within 10 minutes, and opens a session in which they see what is the tenant's, and with the scope `manage` change its subscriptions, retry, replay and test. Open it in a tab, or in an iframe on one of `--portal-origin`. A tenant's key makes links for its own tenant. The session ends with the key.",
    body: PortalSessionInput,
    responses: { 201: PortalSession },
    errors: [],
  },
  listAudit: {
    tag: 'Operator',
    scopes: [...ADMINS, ...READERS],
    tenant: false,
    summary: 'Who changed what',
    description:
      'Newest first: every change that was asked for over the API, on the command line or in the console, and those that Posthorn made by itself. Never a secret. With an admin key: of the tenant named in `posthorn-tenant`; without it, everything. Entries are kept for a year, or as `--keep-audit-days` says. Publishing is not a change: the events themselves tell it.',
    query: AuditQuery,
    responses: { 200: AuditPage },
    errors: ['cursor_invalid'],
  },
} as const satisfies Record<string, Operation>
