import { createHash, timingSafeEqual } from 'node:crypto'
import { PosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, type KeyId, makeId, type SessionId, type TenantId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import {
  accentFlaw,
  logoFlaw,
  PORTAL_LINK_MS,
  PORTAL_MODES,
  PORTAL_S,
  PORTAL_SCOPES,
  type Portal,
} from '../../domain/portal.ts'
import type { ApiKey } from '../../domain/records.ts'
import type { Session } from '../../domain/session.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import { flawAt, lineFlaw, numberFlaw, oneOfFlaw, refuse } from '../directory/flaws.ts'
import { everyRecord } from '../directory/records.ts'
import type { Principal } from '../use-cases.ts'
import type { Invitation, OpenSession, SessionUseCases, SignIn } from './use-cases.ts'

const SESSION_PREFIX = 'phs_'
/** A link's: it is no session before it is opened. */
const LINK_PREFIX = 'phl_'
const SESSION_BYTES = 32
/** Longer text is no session of ours: not worth hashing. */
const SESSION_CHARS_MAX = 128
/** A session in use is written this often, so that a page that asks every second costs no write each time. */
const SEEN_EVERY_MS = 60_000

export interface SessionsParts {
  readonly store: Pick<Store, 'sessions' | 'keys'>
  readonly clock: Clock
  readonly random: Random
  /** Unused for this long, a session ends. */
  readonly idleMs: number
  /** And after this long in any case. */
  readonly maxMs: number
}

/**
 * Who signed in with a key. Nothing is remembered: each request reads the session and its key from the store, so that a
 * sign-out, a revoked key and a deleted tenant hold at once, in every process.
 */
export class Sessions implements SessionUseCases {
  readonly #parts: SessionsParts

  constructor(parts: SessionsParts) {
    this.#parts = parts
  }

  async open({ keyId }: Principal, { secure }: SignIn): Promise<{ session: OpenSession; text: string }> {
    const { store, clock, random, maxMs } = this.#parts
    const key = await this.#key(keyId)
    if (key === null) throw new PosthornError('unauthorized', 'The API key is unknown or was revoked.')
    const now = clock.now()
    const text = this.#text(SESSION_PREFIX)
    const session: Session = {
      id: makeId('ses', now, random.bytes(ID_RANDOM_BYTES)),
      keyId,
      keyHash: key.hash,
      tenantId: key.tenantId,
      hash: sha256(text),
      secure,
      createdAt: now,
      seenAt: now,
      expiresAt: now + maxMs,
    }
    if (!(await store.sessions.insert(session)))
      throw new PosthornError('internal', 'The session that was made is taken. Try again.')
    return { session: this.#told(session, key), text }
  }

  async authenticate(
    text: string,
    { secure, seen, portal = false }: SignIn & { seen: boolean; portal?: boolean },
  ): Promise<Principal | null> {
    const found = await this.#find(text)
    // One that was made in the clear may have been set by somebody in between.
    if (found === null || found.record.secure !== secure) return null
    // A session of one kind is none of the other.
    if ((found.record.portal !== undefined) !== portal) return null
    const key = await this.#keyOf(found.record)
    if (key === null) return null
    if (seen) await this.#seen(found)
    const { id: sessionId, portal: of, tenantId } = found.record
    if (of === undefined) return { keyId: key.id, tenantId, scope: key.scope, name: key.name, sessionId }
    const scope = of.scope === 'manage' ? 'tenant' : 'read'
    return { keyId: key.id, tenantId, scope, name: of.user ?? key.name, sessionId, portal: of.scope }
  }

  async get(id: SessionId): Promise<OpenSession | null> {
    const found = await this.#parts.store.sessions.get(null, id)
    const key = found === null ? null : await this.#keyOf(found.record)
    return found === null || key === null ? null : this.#told(found.record, key)
  }

  async holds({ sessionId, keyId }: Principal): Promise<boolean> {
    return (await (sessionId === null ? this.#key(keyId) : this.get(sessionId))) !== null
  }

  async end(id: SessionId): Promise<void> {
    await this.#parts.store.sessions.delete(null, id)
  }

  async endByText(text: string): Promise<void> {
    const found = await this.#find(text)
    if (found !== null) await this.end(found.record.id)
  }

  async endAllOf(keyId: KeyId): Promise<void> {
    for await (const session of everyRecord(this.#parts.store.sessions, null))
      if (session.keyId === keyId) await this.end(session.id)
  }

  /** For a tenant that is deleted. */
  async endAllOfTenant(tenantId: TenantId): Promise<void> {
    for await (const session of everyRecord(this.#parts.store.sessions, tenantId)) await this.end(session.id)
  }

  async invite(
    { keyId }: Principal,
    { tenantId, scope, sessionMs, user, theme }: Invitation,
  ): Promise<{ text: string; session: Session }> {
    refuse(
      [
        ...flawAt(oneOfFlaw(scope, PORTAL_SCOPES), 'scope'),
        ...flawAt(numberFlaw(sessionMs / 1000, PORTAL_S.min, PORTAL_S.max), 'expires_in_s'),
        ...flawAt(user === null ? null : lineFlaw(user, LIMITS.nameChars), 'user'),
        ...flawAt(theme.logoUrl === null ? null : logoFlaw(theme.logoUrl), 'theme', 'logo_url'),
        ...flawAt(theme.accent === null ? null : accentFlaw(theme.accent), 'theme', 'accent'),
        ...flawAt(oneOfFlaw(theme.mode, PORTAL_MODES), 'theme', 'mode'),
      ],
      'The link does not fit',
    )
    const key = await this.#key(keyId)
    if (key === null) throw new PosthornError('unauthorized', 'The API key is unknown or was revoked.')
    const { store, clock, random } = this.#parts
    const now = clock.now()
    const text = this.#text(LINK_PREFIX)
    const endsAt = now + sessionMs
    const session: Session = {
      id: makeId('ses', now, random.bytes(ID_RANDOM_BYTES)),
      ...{ keyId, keyHash: key.hash, tenantId, hash: sha256(text), secure: false },
      ...{ createdAt: now, seenAt: now, expiresAt: Math.min(endsAt, now + PORTAL_LINK_MS) },
      portal: { scope, theme, user, openedAt: null, endsAt },
    }
    if (!(await store.sessions.insert(session)))
      throw new PosthornError('internal', 'The link that was made is taken. Try again.')
    return { text, session }
  }

  async guest(link: string): Promise<{ keyId: KeyId; name: string } | null> {
    const found = await this.#link(link)
    return found && { keyId: found.key.id, name: found.portal.user ?? found.key.name }
  }

  async openLink(link: string, { secure }: SignIn): Promise<{ text: string; session: Session } | null> {
    const found = await this.#link(link)
    if (found === null) return null
    const now = this.#parts.clock.now()
    const text = this.#text(SESSION_PREFIX)
    const { record, version, portal } = found
    const session: Session = {
      ...{ ...record, hash: sha256(text), secure, seenAt: now, expiresAt: portal.endsAt },
      portal: { ...portal, openedAt: now },
    }
    // The text of the link is gone with this very write: of two who come at once, one is let in.
    return (await this.#parts.store.sessions.update(session, version)) ? { text, session } : null
  }

  async #link(text: string): Promise<(Versioned<Session> & { portal: Portal; key: ApiKey }) | null> {
    const found = await this.#find(text, LINK_PREFIX)
    const portal = found?.record.portal
    if (found === null || portal === undefined || portal.openedAt !== null) return null
    const over = this.#parts.clock.now() >= found.record.expiresAt
    const key = over ? null : await this.#key(found.record.keyId)
    return key?.hash === found.record.keyHash ? { ...found, portal, key } : null
  }

  #text(prefix: string): string {
    return `${prefix}${Buffer.from(this.#parts.random.bytes(SESSION_BYTES)).toString('base64url')}`
  }

  async #find(text: string, prefix = SESSION_PREFIX): Promise<Versioned<Session> | null> {
    if (!text.startsWith(prefix) || text.length > SESSION_CHARS_MAX) return null
    const hash = sha256(text)
    const found = await this.#parts.store.sessions.getByName(null, hash)
    // The look-up is by hash, so its time tells nothing of the text; the comparison only makes sure.
    return found !== null && sameHash(found.record.hash, hash) ? found : null
  }

  /** The key of a session that is in force; null when it has ended. */
  async #keyOf(session: Session): Promise<ApiKey | null> {
    const now = this.#parts.clock.now()
    if (now >= session.expiresAt || now >= session.seenAt + this.#parts.idleMs) return null
    const key = await this.#key(session.keyId)
    return key?.hash === session.keyHash ? key : null
  }

  async #key(id: KeyId): Promise<ApiKey | null> {
    const found = await this.#parts.store.keys.get(null, id)
    return found === null || found.record.revokedAt !== null ? null : found.record
  }

  async #seen({ record, version }: Versioned<Session>): Promise<void> {
    const { store, clock, idleMs } = this.#parts
    const now = clock.now()
    if (now - record.seenAt < Math.min(SEEN_EVERY_MS, idleMs / 4)) return
    // Not written: it has ended meanwhile, or another request was faster. Either is fine.
    await store.sessions.update({ ...record, seenAt: now }, version)
  }

  #told(session: Session, key: ApiKey): OpenSession {
    const { id, tenantId, seenAt, expiresAt, portal } = session
    const idleExpiresAt = Math.min(seenAt + this.#parts.idleMs, expiresAt)
    const told = { id, tenantId, expiresAt, idleExpiresAt, key: { id: key.id, name: key.name } }
    if (portal === undefined) return { ...told, scope: key.scope }
    return { ...told, scope: portal.scope === 'manage' ? 'tenant' : 'read', portal }
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
