import { createHash, timingSafeEqual } from 'node:crypto'
import { PosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, type KeyId, makeId, type SessionId } from '../../domain/ids.ts'
import type { ApiKey } from '../../domain/records.ts'
import type { Session } from '../../domain/session.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import { everyRecord } from '../directory/records.ts'
import type { Principal } from '../use-cases.ts'
import type { OpenSession, SessionUseCases, SignIn } from './use-cases.ts'

export const SESSION_PREFIX = 'phs_'
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
    const text = `${SESSION_PREFIX}${Buffer.from(random.bytes(SESSION_BYTES)).toString('base64url')}`
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

  async authenticate(text: string, { secure, seen }: SignIn & { seen: boolean }): Promise<Principal | null> {
    const found = await this.#find(text)
    // One that was made in the clear may have been set by somebody in between.
    if (found === null || found.record.secure !== secure) return null
    const key = await this.#keyOf(found.record)
    if (key === null) return null
    if (seen) await this.#seen(found)
    const { id: keyId, tenantId, scope, name } = key
    return { keyId, tenantId, scope, name, sessionId: found.record.id }
  }

  async get(id: SessionId): Promise<OpenSession | null> {
    const found = await this.#parts.store.sessions.get(null, id)
    const key = found === null ? null : await this.#keyOf(found.record)
    return found === null || key === null ? null : this.#told(found.record, key)
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

  async #find(text: string): Promise<Versioned<Session> | null> {
    if (!text.startsWith(SESSION_PREFIX) || text.length > SESSION_CHARS_MAX) return null
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
    const { id, tenantId, seenAt, expiresAt } = session
    const idleExpiresAt = Math.min(seenAt + this.#parts.idleMs, expiresAt)
    return { id, tenantId, key: { id: key.id, name: key.name }, scope: key.scope, expiresAt, idleExpiresAt }
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
