/** Who calls, and on which tenant. */
import { hash } from 'node:crypto'
import { PosthornError } from '../../domain/error.ts'
import type { PortalScope } from '../../domain/portal.ts'
import type { KeyScope, Tenant } from '../../domain/records.ts'
import type { Principal, UseCases } from '../../engine/use-cases.ts'
import type { Clock } from '../../ports/clock.ts'
import { TENANT_HEADER } from '../contract/operations.ts'
import { Cache } from './cache.ts'
import type { SessionCookie } from './session-cookie.ts'

/** How long a key that another process has revoked, or a tenant it has deleted, may still be honoured here. */
export const AUTH_CACHE_MS = 5000
const AUTH_CACHE_ENTRIES = 1000
const DEFAULT_TENANT = 'default'
/** Longer than any key of ours; what is longer is not worth hashing. */
const KEY_CHARS_MAX = 512

export interface Caller {
  readonly principal: Principal
  /** null on operations that are not about one tenant, unless the request names one. */
  readonly tenant: Tenant | null
}

export interface Credentials {
  readonly authorization: string | undefined
  /** Where there is no key. `seen`: the request was made by somebody, not by a page alone. */
  readonly session?: (SessionCookie & { readonly seen: boolean; readonly portal?: boolean }) | null
  /** The header `posthorn-tenant`. */
  readonly tenant: string | undefined
}

export interface Access {
  readonly scopes: readonly KeyScope[]
  readonly tenant: boolean
  /** What a session of the portal must be allowed; left out: it may not. */
  readonly portal?: PortalScope | undefined
}

/**
 * Keys and tenants are remembered for a short while, under a hash of the key, so that a publish costs no read of the
 * store: 1 µs for the hash against 10 to 100 for the read.
 */
export class Authenticator {
  readonly #useCases: Pick<UseCases, 'keys' | 'sessions' | 'tenants'>
  readonly #principals: Cache<Principal>
  readonly #tenants: Cache<Tenant>

  constructor(useCases: Pick<UseCases, 'keys' | 'sessions' | 'tenants'>, clock: Clock) {
    this.#useCases = useCases
    this.#principals = new Cache(clock, AUTH_CACHE_MS, AUTH_CACHE_ENTRIES)
    this.#tenants = new Cache(clock, AUTH_CACHE_MS, AUTH_CACHE_ENTRIES)
  }

  /** Forgets all: after a key was revoked or a tenant changed. */
  forget(): void {
    this.#principals.clear()
    this.#tenants.clear()
  }

  /** The caller, when everything about it is remembered; else null: ask `identify`. */
  recall(credentials: Credentials, access: Access): Caller | null {
    // Sessions are never remembered: what ends one must hold at once.
    if (sessionOf(credentials) !== null) return null
    const principal = this.#principals.get(digest(bearer(credentials.authorization)))
    if (principal === undefined) return null
    checkScope(principal, access)
    const wanted = wantedTenant(principal, credentials, access)
    if (wanted === null) return { principal, tenant: null }
    const tenant = this.#tenants.get(wanted)
    return tenant === undefined ? null : { principal, tenant: own(principal, tenant, wanted) }
  }

  /** @throws PosthornError unauthorized, forbidden, not_found (the tenant) */
  async identify(credentials: Credentials, access: Access): Promise<Caller> {
    const session = sessionOf(credentials)
    const principal = await (session === null
      ? this.#principal(bearer(credentials.authorization))
      : this.#signedIn(session))
    checkScope(principal, access)
    const wanted = wantedTenant(principal, credentials, access)
    if (wanted === null) return { principal, tenant: null }
    return { principal, tenant: own(principal, await this.#tenant(wanted), wanted) }
  }

  async #principal(text: string): Promise<Principal> {
    const key = digest(text)
    const remembered = this.#principals.get(key)
    if (remembered !== undefined) return remembered
    const generation = this.#principals.generation
    const principal = await this.#useCases.keys.authenticate(text)
    if (principal === null) throw unauthorized('The API key is unknown or was revoked.')
    this.#principals.set(key, principal, generation)
    return principal
  }

  async #signedIn(session: NonNullable<Credentials['session']>): Promise<Principal> {
    const principal = await this.#useCases.sessions.authenticate(session.text, session)
    if (principal === null) throw unauthorized('The session has ended. Sign in again.')
    return principal
  }

  async #tenant(wanted: string): Promise<Tenant> {
    const remembered = this.#tenants.get(wanted)
    if (remembered !== undefined) return remembered
    const generation = this.#tenants.generation
    const tenant = await this.#useCases.tenants.get(wanted).catch((error: unknown) => {
      throw error instanceof PosthornError && error.code === 'not_found' ? noTenant(wanted) : error
    })
    this.#tenants.set(wanted, tenant, generation)
    return tenant
  }
}

/** A key goes before a session: no other site can send one. */
function sessionOf({
  authorization,
  session = null,
}: Credentials): NonNullable<Credentials['session']> | null {
  return authorization === undefined ? session : null
}

function bearer(header: string | undefined): string {
  if (header === undefined) throw unauthorized('Send an API key: `authorization: Bearer KEY`.')
  const match = /^bearer +([\x21-\x7e]+) *$/i.exec(header)
  const text = match?.[1]
  if (text === undefined || text.length > KEY_CHARS_MAX)
    throw unauthorized('The authorization header must read `Bearer KEY`.')
  return text
}

function digest(text: string): string {
  return hash('sha256', text, 'base64')
}

function unauthorized(detail: string): PosthornError {
  return new PosthornError('unauthorized', detail)
}

function checkScope(principal: Principal, access: Access): void {
  const { portal } = principal
  if (portal !== undefined && portal !== access.portal && !(portal === 'manage' && access.portal === 'view'))
    throw new PosthornError(
      'forbidden',
      access.portal === undefined
        ? 'This cannot be done in the portal.'
        : 'This session of the portal may look, not change.',
    )
  if (principal.scope === 'admin' || access.scopes.includes(principal.scope)) return
  const needed = access.scopes.length === 0 ? 'admin' : `admin, ${access.scopes.join(' or ')}`
  throw new PosthornError(
    'forbidden',
    `The key has the scope ${principal.scope}; this needs a key of scope ${needed}.`,
  )
}

/** The tenant to look up, by id or slug; null when none is meant. */
function wantedTenant(principal: Principal, credentials: Credentials, access: Access): string | null {
  const named = credentials.tenant
  if (named !== undefined) return named
  if (principal.tenantId !== null) return principal.tenantId
  return access.tenant ? DEFAULT_TENANT : null
}

/** A tenant's key sees no other tenant, not even that it exists. */
function own(principal: Principal, tenant: Tenant, wanted: string): Tenant {
  if (principal.tenantId !== null && principal.tenantId !== tenant.id) throw noTenant(wanted)
  return tenant
}

function noTenant(wanted: string): PosthornError {
  const shown = JSON.stringify(wanted.slice(0, 100))
  return new PosthornError('not_found', `There is no tenant ${shown} for this key.`, {
    flaws: [{ path: `header/${TENANT_HEADER}`, message: 'names no tenant of this key' }],
  })
}
