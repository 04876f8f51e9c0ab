import { PosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, makeId, type SourceId, type TenantId } from '../../domain/ids.ts'
import type { Source } from '../../domain/source.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { SecretBox } from '../../ports/secrets.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import type { Page, PageRequest } from '../page.ts'
import type { Changes } from '../peers/changes.ts'
import type { InboxSettings } from '../receive/inbox-settings.ts'
import { secretName } from '../receive/secret-uses.ts'
import type { DeclaredSource, SourceInput, SourcePatch, SourceUseCases } from '../receive/use-cases.ts'
import type { WayIn } from '../receive/way-in.ts'
import { declareSources } from './declare-sources.ts'
import type { Directory } from './directory.ts'
import { letThroughUntil } from './let-through.ts'
import { changeRecord, recordPage } from './records.ts'
import { sameJson } from './same-json.ts'
import { applySource, SOURCE_DEFAULTS } from './source-draft.ts'
import { checkSourceFields, SOURCE_FIELDS, SOURCE_PATCH_FIELDS } from './source-input.ts'
import { SourceSecrets } from './source-secrets.ts'
import { inboxSettings, WaysIn } from './ways-in.ts'

export interface SourcesParts {
  readonly store: Pick<Store, 'sources' | 'requests'>
  readonly clock: Clock
  readonly random: Random
  readonly secretBox: SecretBox
  readonly directory: Directory
  /** Of other processes. Default: there are none. */
  readonly changes?: Changes
  /** Makes the way in for a source. */
  readonly open: (settings: InboxSettings) => WayIn
}

/** Sources and their secrets. Everything is checked here, since the library calls it without the API's contract. */
export class Sources implements SourceUseCases {
  readonly #parts: SourcesParts
  readonly #secrets: SourceSecrets
  readonly #waysIn: WaysIn

  constructor(parts: SourcesParts) {
    this.#parts = parts
    this.#secrets = new SourceSecrets(parts.secretBox)
    this.#waysIn = new WaysIn({ ...parts, secrets: this.#secrets })
    parts.changes?.listen(({ own }) => own || this.#waysIn.forgetUnknown())
  }

  async create(tenantId: TenantId, input: SourceInput): Promise<Source> {
    return this.#insert(await this.#draft(tenantId, input))
  }

  async get(tenantId: TenantId, idOrSlug: string): Promise<Source> {
    return (await this.#read(tenantId, idOrSlug)).record
  }

  list(tenantId: TenantId, page: PageRequest): Promise<Page<Source>> {
    return recordPage(this.#parts.store.sources, 'sources', tenantId, page)
  }

  async lastUses(tenantId: TenantId, sources: readonly Source[]): Promise<ReadonlyMap<string, number>> {
    const ids = sources.filter(({ secrets }) => secrets.length > 0).map(({ id }) => id)
    if (ids.length === 0) return new Map()
    const uses = await this.#parts.store.requests.uses(tenantId, ids)
    const usedAt = new Map(uses.map((use) => [`${use.sourceId} ${use.secret}`, use.usedAt]))
    return new Map(
      sources.flatMap(({ id, secrets }) =>
        secrets.flatMap(({ sealed }) => {
          const at = usedAt.get(`${id} ${secretName(sealed)}`)
          return at === undefined ? [] : [[sealed, at] as const]
        }),
      ),
    )
  }

  /** A patch that changes nothing writes nothing. */
  async update(tenantId: TenantId, idOrSlug: string, patch: SourcePatch): Promise<Source> {
    checkSourceFields(patch, SOURCE_PATCH_FIELDS, [])
    const now = this.#parts.clock.now()
    const changed = await this.#change(tenantId, idOrSlug, (present) =>
      applySource(present, patch, this.#secrets, now),
    )
    const keep = changed.secrets.map(({ sealed }) => secretName(sealed))
    if (patch.secrets !== undefined) await this.#parts.store.requests.forgetUses(tenantId, changed.id, keep)
    return changed
  }

  async delete(tenantId: TenantId, idOrSlug: string): Promise<void> {
    const { store, directory } = this.#parts
    const { id } = await this.get(tenantId, idOrSlug)
    try {
      await store.sources.delete(tenantId, id)
      await store.requests.forgetUses(tenantId, id, [])
    } finally {
      directory.invalidate(tenantId)
    }
  }

  letThrough(
    tenantId: TenantId,
    idOrSlug: string,
    request: { readonly eventId: string | null; readonly forS: number },
  ): Promise<Source> {
    const now = this.#parts.clock.now()
    return this.#change(tenantId, idOrSlug, (present) => ({
      ...present,
      letThrough: letThroughUntil(present.letThrough, request, now),
    }))
  }

  declare(tenantId: TenantId, declared: readonly SourceInput[]): Promise<readonly DeclaredSource[]> {
    const present = async (slug: string) =>
      (await this.#parts.store.sources.getByName(tenantId, slug))?.record ?? null
    return declareSources(declared, {
      present,
      draft: (input) => this.#draft(tenantId, input),
      redraft: (source, input) => this.#redraft(source, input),
      insert: (draft) => this.#insert(draft),
      update: (input) => this.#change(tenantId, input.slug, (source) => this.#redraft(source, input)),
    })
  }

  wayIn(id: string): WayIn | null | Promise<WayIn | null> {
    return this.#waysIn.find(id)
  }

  /** The source as its inbox needs it, active or not; null: it is not stored here. @throws PosthornError `secret_unreadable` */
  async settingsOf(tenantId: TenantId, idOrSlug: string): Promise<InboxSettings | null> {
    const found = await this.#find(tenantId, idOrSlug)
    if (found === null) return null
    return inboxSettings(found.record, await this.#parts.directory.tenant(tenantId), this.#secrets)
  }

  async #draft(tenantId: TenantId, input: SourceInput): Promise<Source> {
    checkSourceFields(input, SOURCE_FIELDS, ['slug'])
    const { clock, random, directory } = this.#parts
    await directory.tenant(tenantId)
    const now = clock.now()
    const id = makeId('src', now, random.bytes(ID_RANDOM_BYTES))
    const base = { ...SOURCE_DEFAULTS, id, tenantId, slug: input.slug, createdAt: now, updatedAt: now }
    return applySource(base, input, this.#secrets, now)
  }

  /** A stored source as a file says it should be: what the file leaves out gets its default. */
  #redraft(present: Source, input: SourceInput): Source {
    checkSourceFields(input, SOURCE_FIELDS, ['slug'])
    const { handshake } = SOURCE_DEFAULTS
    const { provider, scheme, secrets, letThrough, active, id, tenantId, slug } = present
    const { createdAt, updatedAt } = present
    const base: Source = {
      ...{ ...SOURCE_DEFAULTS, id, tenantId, slug, createdAt, updatedAt },
      ...{ provider, scheme, secrets, letThrough, active },
      handshake: { ...handshake, verifyToken: present.handshake.verifyToken },
    }
    return applySource(base, input, this.#secrets, this.#parts.clock.now())
  }

  async #insert(source: Source): Promise<Source> {
    const { store, directory } = this.#parts
    if (!(await store.sources.insert(source)))
      throw new PosthornError('name_taken', `There is a source ${source.slug} already.`, {
        flaws: [{ path: '/slug', message: 'is taken' }],
      })
    this.#waysIn.forgetUnknown()
    directory.invalidate(source.tenantId)
    return source
  }

  async #change(tenantId: TenantId, idOrSlug: string, decide: (present: Source) => Source): Promise<Source> {
    const { store, clock, directory } = this.#parts
    try {
      return await changeRecord(
        store.sources,
        () => this.#read(tenantId, idOrSlug),
        (present) => {
          const next = decide(present)
          return sameJson(present, next) ? present : { ...next, updatedAt: clock.now() }
        },
      )
    } finally {
      // Also after an error: the change may have been stored before it.
      directory.invalidate(tenantId)
    }
  }

  #find(tenantId: TenantId, idOrSlug: string): Promise<Versioned<Source> | null> {
    const { sources } = this.#parts.store
    return idOrSlug.startsWith('src_')
      ? sources.get(tenantId, idOrSlug as SourceId)
      : sources.getByName(tenantId, idOrSlug)
  }

  async #read(tenantId: TenantId, idOrSlug: string): Promise<Versioned<Source>> {
    const found = await this.#find(tenantId, idOrSlug)
    if (!found) throw new PosthornError('not_found', `There is no source ${JSON.stringify(idOrSlug)}.`)
    return found
  }
}
