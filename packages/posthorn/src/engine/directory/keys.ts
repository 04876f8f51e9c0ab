import { createHash, timingSafeEqual } from 'node:crypto'
import { PosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, type KeyId, makeId, type TenantId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import { type ApiKey, KEY_SCOPES, type KeyScope } from '../../domain/records.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import type { Changes } from '../peers/changes.ts'
import type { KeyUseCases, Page, PageRequest, Principal } from '../use-cases.ts'
import type { Directory } from './directory.ts'
import { flawAt, lineFlaw, oneOfFlaw, refuse } from './flaws.ts'
import { PrincipalCache } from './principal-cache.ts'
import { changeRecord, everyRecord, recordPage } from './records.ts'

export const KEY_PREFIX = 'phk_'
const KEY_BYTES = 32
/** Prefix and four characters: 24 of 256 bits, enough to recognise a key by and of no use to guess it. */
const HINT_CHARS = 8
/** Of a key given by the operator, api.md §1. */
export const ADMIN_KEY_CHARS_MIN = 24
/** Longer text is no key: not worth hashing. */
const KEY_CHARS_MAX = 512

/** The admin key of the configuration has one place, so that a new one takes the place of the former. */
export const CONFIGURED_KEY_ID: KeyId = 'key_00000000-0000-7000-8000-000000000000'
/** So has the one that a first start makes. */
const FIRST_KEY_ID: KeyId = 'key_00000000-0000-7000-8000-000000000001'

export interface KeysParts {
  readonly store: Pick<Store, 'keys'>
  readonly clock: Clock
  readonly random: Random
  readonly directory: Directory
  /** Of other processes. Default: there are none. */
  readonly changes?: Changes
  /** Sessions of a key that is revoked end. */
  readonly sessions: {
    endAllOf(keyId: KeyId): Promise<void>
    /** Also those of the portal that an admin's key has made. */
    endAllOfTenant(tenantId: TenantId): Promise<void>
  }
}

/** API keys: `phk_` and 32 random bytes, kept as a SHA-256 hash. With 256 random bits nothing slower is needed. */
export class Keys implements KeyUseCases {
  readonly #parts: KeysParts
  readonly #cache: PrincipalCache
  /** Revocations one after the other: each must see whether it is the last admin key that goes. */
  #revoking: Promise<unknown> = Promise.resolve()

  constructor(parts: KeysParts) {
    this.#parts = parts
    this.#cache = new PrincipalCache(parts.clock)
    // Those of this process clear it themselves, where they are about keys.
    parts.changes?.listen(({ own }) => own || this.#cache.clear())
  }

  async create(input: {
    tenantId: TenantId | null
    name: string
    scope: KeyScope
  }): Promise<{ key: ApiKey; text: string }> {
    const { tenantId, name, scope } = input
    refuse(
      [...flawAt(lineFlaw(name, LIMITS.nameChars), 'name'), ...flawAt(scopeFlaw(scope, tenantId), 'scope')],
      'The key does not fit',
    )
    if (tenantId !== null) await this.#parts.directory.tenant(tenantId)
    const { clock, random, store } = this.#parts
    const text = this.#newText()
    const now = clock.now()
    const id = makeId('key', now, random.bytes(ID_RANDOM_BYTES))
    const key: ApiKey = { id, tenantId, name, scope, ...hashed(text), createdAt: now, revokedAt: null }
    if (!(await store.keys.insert(key)))
      throw new PosthornError('internal', 'The key that was made is taken. Try again.')
    return { key, text }
  }

  /** Of a tenant; with null all keys there are. Revoked ones too. */
  list(tenantId: TenantId | null, page: PageRequest): Promise<Page<ApiKey>> {
    return recordPage(this.#parts.store.keys, 'keys', tenantId, page)
  }

  /** @throws PosthornError `not_found`, `state_conflict` for the last admin key. A revoked key stays as it is. */
  revoke(tenantId: TenantId | null, id: KeyId): Promise<ApiKey> {
    const revoked = this.#revoking.then(() => this.#revoke(tenantId, id))
    this.#revoking = revoked.catch(() => undefined)
    return revoked
  }

  /**
   * A revocation by another process is noticed when it is heard of, and after ten seconds in any case; one by this
   * process at once.
   */
  async authenticate(text: string): Promise<Principal | null> {
    if (typeof text !== 'string' || text === '' || text.length > KEY_CHARS_MAX) return null
    const hash = sha256(text)
    const known = this.#cache.get(hash)
    if (known) return known
    const asked = this.#cache.epoch
    const found = await this.#parts.store.keys.getByName(null, hash)
    // The look-up is by hash, so its time tells nothing of the key's text; the comparison only makes sure.
    if (!found || !sameHash(found.record.hash, hash) || found.record.revokedAt !== null) return null
    const { id: keyId, tenantId, scope, name } = found.record
    const principal = { keyId, tenantId, scope, name, sessionId: null }
    this.#cache.put(hash, principal, asked)
    return principal
  }

  /** For a tenant that is deleted. */
  async deleteAllOf(tenantId: TenantId): Promise<void> {
    const { keys } = this.#parts.store
    try {
      for await (const { id } of everyRecord(keys, tenantId)) await keys.delete(tenantId, id)
      await this.#parts.sessions.endAllOfTenant(tenantId)
    } finally {
      this.#changed(tenantId)
    }
  }

  /**
   * For the start: the operator's admin key works and its former one no longer does; without one, and where no admin
   * key is left at all, a new one is made. A key that was configured once goes on working until another one is given
   * or it is revoked.
   * @returns the text of a key that was made just now, to be shown this once, else null
   * @throws PosthornError `config_invalid` for a text that is too short, too long, or the key of a tenant
   */
  async ensureAdminKey(text: string | null): Promise<string | null> {
    if (text !== null) {
      await this.#configure(text)
      return null
    }
    if (await this.#hasAdminKeyBut(null)) return null
    return this.#makeFirst()
  }

  /** In one place, so that of many processes that start at once one makes it. */
  async #makeFirst(): Promise<string | null> {
    const { keys } = this.#parts.store
    const text = this.#newText()
    const place = { id: FIRST_KEY_ID, tenantId: null, name: 'first admin key', scope: 'admin' as const }
    const key = { ...place, ...hashed(text), createdAt: this.#parts.clock.now(), revokedAt: null }
    const former = await keys.get(null, FIRST_KEY_ID)
    const made = former === null ? await keys.insert(key) : await this.#replace(former, key)
    return made ? text : null
  }

  async #replace({ record, version }: Versioned<ApiKey>, key: ApiKey): Promise<boolean> {
    return record.revokedAt !== null && (await this.#parts.store.keys.update(key, version))
  }

  #newText(): string {
    return `${KEY_PREFIX}${Buffer.from(this.#parts.random.bytes(KEY_BYTES)).toString('base64url')}`
  }

  async #revoke(tenantId: TenantId | null, id: KeyId): Promise<ApiKey> {
    const { keys } = this.#parts.store
    try {
      const revoked = await changeRecord(
        keys,
        () => this.#read(tenantId, id),
        async (key) => {
          if (key.revokedAt !== null) return key
          if (key.scope === 'admin' && !(await this.#hasAdminKeyBut(id)))
            throw new PosthornError(
              'state_conflict',
              'This is the last admin key. Make another one before you revoke it.',
            )
          return { ...key, revokedAt: this.#parts.clock.now() }
        },
      )
      // They are refused already; a key that is configured anew must not bring them back.
      await this.#parts.sessions.endAllOf(id)
      return revoked
    } finally {
      this.#changed(tenantId)
    }
  }

  async #configure(text: string): Promise<void> {
    if (text.length < ADMIN_KEY_CHARS_MIN || text.length > KEY_CHARS_MAX)
      throw configInvalid(`must have ${ADMIN_KEY_CHARS_MIN} to ${KEY_CHARS_MAX} characters`)
    const { keys } = this.#parts.store
    const { hash, hint } = hashed(text)
    const holder = await keys.getByName(null, hash)
    if (holder && holder.record.scope !== 'admin')
      throw configInvalid('is the key of a tenant already; give another text')
    try {
      if (holder) await this.#alter(holder.record.id, (key) => ({ ...key, revokedAt: null }))
      // An admin key that was made here and then configured keeps its place; the one configured before must end.
      if (holder?.record.id === CONFIGURED_KEY_ID) return
      await this.#replaceConfigured(holder ? null : { hash, hint })
    } finally {
      this.#changed(null)
    }
  }

  #changed(tenantId: TenantId | null): void {
    this.#cache.clear()
    this.#parts.changes?.sayToOthers(tenantId)
  }

  async #replaceConfigured(by: { hash: string; hint: string } | null): Promise<void> {
    const { store, clock } = this.#parts
    const now = clock.now()
    const former = await store.keys.get(null, CONFIGURED_KEY_ID)
    if (!former && by) {
      const key = {
        id: CONFIGURED_KEY_ID,
        tenantId: null,
        name: 'configured admin key',
        scope: 'admin' as const,
      }
      // Taken: another process that starts now, with the same configuration, was faster.
      await store.keys.insert({ ...key, ...by, createdAt: now, revokedAt: null })
    } else if (former) {
      const change = by ? { ...by, createdAt: now, revokedAt: null } : { revokedAt: now }
      await this.#alter(CONFIGURED_KEY_ID, (key) => ({ ...key, ...change }))
    }
  }

  #alter(id: KeyId, decide: (key: ApiKey) => ApiKey): Promise<ApiKey> {
    return changeRecord(this.#parts.store.keys, () => this.#read(null, id), decide)
  }

  async #hasAdminKeyBut(id: KeyId | null): Promise<boolean> {
    for await (const key of everyRecord(this.#parts.store.keys, null))
      if (key.scope === 'admin' && key.revokedAt === null && key.id !== id) return true
    return false
  }

  async #read(tenantId: TenantId | null, id: KeyId): Promise<Versioned<ApiKey>> {
    const found = await this.#parts.store.keys.get(tenantId, id)
    if (!found) throw new PosthornError('not_found', `There is no key ${id}.`)
    return found
  }
}

function scopeFlaw(scope: KeyScope, tenantId: TenantId | null): string | null {
  const unknown = oneOfFlaw(scope, KEY_SCOPES)
  if (unknown !== null) return unknown
  if (scope === 'admin' && tenantId !== null) return 'is "admin", and an admin key belongs to no tenant'
  if (scope !== 'admin' && tenantId === null)
    return `is ${JSON.stringify(scope)}, and such a key needs a tenant`
  return null
}

function hashed(text: string): { hash: string; hint: string } {
  return { hash: sha256(text), hint: text.slice(0, HINT_CHARS) }
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}

function sameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function configInvalid(why: string): PosthornError {
  return new PosthornError('config_invalid', `The admin key (--admin-key, POSTHORN_ADMIN_KEY) ${why}.`)
}
