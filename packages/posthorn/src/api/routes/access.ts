import type { ActorKind } from '../../domain/audit.ts'
import { PosthornError } from '../../domain/error.ts'
import type { KeyId, SessionId } from '../../domain/ids.ts'
import { PORTAL_S } from '../../domain/portal.ts'
import { notFound } from '../../engine/not-found.ts'
import type { Principal } from '../../engine/use-cases.ts'
import { actingOf } from '../http/acting.ts'
import type { Call, Handlers, Tools } from '../http/handler.ts'
import { isBrowserHere } from '../http/loopback.ts'
import { checkOwnPage } from '../http/own-page.ts'
import { PORTAL_LINK_PATH } from '../http/portal.ts'
import { endedCookie, endedPortalCookie, readSessionCookie, sessionCookie } from '../http/session-cookie.ts'
import { SignInLimit } from '../http/sign-in-limit.ts'
import { toAuditEntry, toSession } from '../wire/access.ts'
import { fromInstant, toInstant } from '../wire/instant.ts'
import { toPage, toPageRequest } from './page.ts'

type OnSessions = 'createSession' | 'getCurrentSession' | 'deleteCurrentSession' | 'createPortalSession'

export function sessionHandlers(tools: Tools): Handlers<OnSessions> {
  const { sessions, tenants } = tools.useCases
  const signIn = new SignIn(tools)
  return {
    async createSession(call) {
      return await signIn.run(call)
    },
    async getCurrentSession(call) {
      const session = await sessions.get(sessionIdOf(call.principal))
      if (session === null) throw new PosthornError('unauthorized', 'The session has ended. Sign in again.')
      const tenant = session.tenantId === null ? null : await tenants.get(session.tenantId)
      return { status: 200, body: toSession(session, tenant) }
    },
    async deleteCurrentSession(call) {
      const id = sessionIdOf(call.principal)
      await sessions.end(id)
      await tools.streams.check()
      tools.log.info('a session was ended', { session_id: id, key_id: call.principal?.keyId })
      const { origin } = tools
      const portal = call.principal?.portal !== undefined
      const secure =
        readSessionCookie(call.raw.headers.cookie, origin.isSecure(call.raw), portal)?.secure ?? false
      const cookie = portal ? endedPortalCookie(secure, origin.prefix) : endedCookie(secure)
      return { status: 204, body: null, headers: { 'set-cookie': cookie } }
    },
    async createPortalSession(call) {
      return { status: 201, body: await invite(call, tools) }
    },
  }
}

async function invite({ principal, body, raw }: Call<'createPortalSession'>, { useCases, origin }: Tools) {
  if (principal === null) throw new PosthornError('unauthorized', 'Send an API key.')
  const tenant = await useCases.tenants.get(body.tenant)
  // A tenant's key sees no other tenant, not even that it exists.
  if (principal.tenantId !== null && principal.tenantId !== tenant.id) throw notFound('tenant', body.tenant)
  const { text, session } = await useCases.sessions.invite(principal, {
    tenantId: tenant.id,
    scope: body.scope,
    sessionMs: (body.expires_in_s ?? PORTAL_S.initial) * 1000,
    user: body.user ?? null,
    theme: {
      logoUrl: body.theme?.logo_url ?? null,
      accent: body.theme?.accent?.toLowerCase() ?? null,
      mode: body.theme?.mode ?? 'auto',
    },
  })
  const url = `${origin.of(raw)}${PORTAL_LINK_PATH}?token=${text}`
  const endsAt = session.portal?.endsAt ?? session.expiresAt
  return { url, expires_at: toInstant(endsAt), link_expires_at: toInstant(session.expiresAt) }
}

/** From a key to a session. */
class SignIn {
  readonly #tools: Tools
  readonly #limit: SignInLimit

  constructor(tools: Tools) {
    this.#tools = tools
    this.#limit = new SignInLimit(tools.clock)
  }

  async run(call: Call<'createSession'>) {
    const { useCases, origin, log } = this.#tools
    // Else another site could sign a browser in with a key of its own, and read later what is done there.
    checkOwnPage(call.raw, origin)
    const { address } = origin.senderOf(call.raw)
    const principal = await this.#principal(call, address)
    const { sessions, tenants, audit } = useCases
    const acting = actingOf(principal, call.requestId, address)
    const { session, text } = await audit.run(acting, async () => {
      await this.#endFormer(call)
      return await sessions.open(principal, { secure: this.#isSecure(call) })
    })
    log.info('a session was opened', { session_id: session.id, key_id: principal.keyId, address })
    const tenant = session.tenantId === null ? null : await tenants.get(session.tenantId)
    const cookie = sessionCookie({ text, secure: this.#isSecure(call) })
    return { status: 201, body: toSession(session, tenant), headers: { 'set-cookie': cookie } } as const
  }

  async #principal({ body, raw }: Call<'createSession'>, address: string | null): Promise<Principal> {
    const { useCases, openWithKey, log } = this.#tools
    if (body.key === undefined) {
      // By a name of this machine: else a page whose name leads to 127.0.0.1 would be let in.
      const own = openWithKey !== null && isBrowserHere(raw)
      const principal = own ? await useCases.keys.authenticate(openWithKey) : null
      if (principal !== null) return principal
      throw new PosthornError('unauthorized', 'Sign in with an API key: `{ "key": "…" }`.')
    }
    const takeBack = this.#limit.take(address)
    const principal = await useCases.keys.authenticate(body.key)
    if (principal === null) {
      log.warn('a sign-in was refused', { address })
      throw new PosthornError('unauthorized', 'The API key is unknown or was revoked.')
    }
    takeBack()
    return principal
  }

  /** What the browser had before is of no use any more, to nobody. */
  async #endFormer({ raw }: Call<'createSession'>): Promise<void> {
    const { useCases, origin } = this.#tools
    const former = readSessionCookie(raw.headers.cookie, origin.isSecure(raw))
    if (former === null) return
    await useCases.sessions.endByText(former.text)
    await this.#tools.streams.check()
  }

  /** The browser knows it too, and knows of TLS that ends at a proxy which nobody has declared here. */
  #isSecure({ raw }: Call<'createSession'>): boolean {
    return this.#tools.origin.isSecure(raw) || (raw.headers.origin ?? '').startsWith('https://')
  }
}

function sessionIdOf(principal: Principal | null): SessionId {
  const id = principal?.sessionId ?? null
  if (id !== null) return id
  throw new PosthornError(
    'unauthorized',
    'This is about a session, and the request has none: sign in by POST /sessions.',
  )
}

export function auditHandlers({ useCases: { audit } }: Tools): Handlers<'listAudit'> {
  return {
    async listAudit({ query, tenant, principal }) {
      const filter = {
        action: query.action ?? null,
        // What the operator did, and from where, is not for the tenant's own users.
        actor: principal?.portal ? ('portal' as const) : ((query.actor ?? null) as KeyId | ActorKind | null),
        objectId: query.object ?? null,
        since: fromInstant(query.since),
        until: fromInstant(query.until),
      }
      const page = await audit.list(tenant?.id ?? null, filter, toPageRequest(query))
      return { status: 200, body: toPage(page, toAuditEntry) }
    },
  }
}
