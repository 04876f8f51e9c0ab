import { isPosthornError } from '../../domain/error.ts'
import type { SourceId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/records.ts'
import type { Source } from '../../domain/source.ts'
import type { Clock } from '../../ports/clock.ts'
import type { InboxSettings } from '../receive/inbox-settings.ts'
import { secretName } from '../receive/secret-uses.ts'
import type { WayIn } from '../receive/way-in.ts'
import type { Directory } from './directory.ts'
import { providerOf, providerSettings } from './source-provider.ts'
import type { SourceSecrets } from './source-secrets.ts'

/** Only these are asked for in the store: `src_` and a UUID. */
const STORED_ID = /^src_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** How long an id that is not there is remembered as such: whoever guesses or repeats costs no query each. */
const UNKNOWN_MS = 10_000
const UNKNOWN_MAX = 10_000

export interface WaysInParts {
  readonly directory: Directory
  readonly clock: Clock
  readonly secrets: SourceSecrets
  readonly open: (settings: InboxSettings) => WayIn
}

/** The way in of each source, by its id over all tenants, made once for each state of its record. */
export class WaysIn {
  readonly #parts: WaysInParts
  readonly #made = new WeakMap<Source, WayIn>()
  /** Ids that were not there, and until when that is believed, in the order in which they were asked for. */
  readonly #unknown = new Map<string, number>()

  constructor(parts: WaysInParts) {
    this.#parts = parts
  }

  /**
   * Without a promise where the source is in memory. null: there is no such source, or it is not active.
   * @throws PosthornError `secret_unreadable`: with another secret key its sender must try again, not be turned away
   */
  find(id: string): WayIn | null | Promise<WayIn | null> {
    const { directory } = this.#parts
    const source = directory.peekSource(id as SourceId)
    if (source === undefined) return this.#look(id)
    const made = this.#made.get(source)
    if (made !== undefined && source.active) return made
    const tenant = directory.peek(source.tenantId)?.tenant
    return tenant === undefined ? this.#look(id) : this.#open(source, tenant)
  }

  /** A source was made: nothing that was not there before is sure not to be there now. */
  forgetUnknown(): void {
    this.#unknown.clear()
  }

  async #look(id: string): Promise<WayIn | null> {
    if (!STORED_ID.test(id) || this.#isUnknown(id)) return null
    const { directory } = this.#parts
    try {
      const source = await directory.sourceById(id as SourceId)
      if (source !== null) return this.#open(source, await directory.tenant(source.tenantId))
    } catch (error) {
      // The tenant was deleted, and what belonged to it.
      if (!isPosthornError(error) || error.code !== 'not_found') throw error
    }
    this.#noteUnknown(id)
    return null
  }

  #open(source: Source, tenant: Tenant): WayIn | null {
    if (!source.active) return null
    let wayIn = this.#made.get(source)
    if (wayIn === undefined) {
      wayIn = this.#parts.open(inboxSettings(source, tenant, this.#parts.secrets))
      this.#made.set(source, wayIn)
    }
    return wayIn
  }

  #isUnknown(id: string): boolean {
    const until = this.#unknown.get(id)
    return until !== undefined && this.#parts.clock.now() < until
  }

  #noteUnknown(id: string): void {
    this.#unknown.delete(id)
    this.#unknown.set(id, this.#parts.clock.now() + UNKNOWN_MS)
    const [oldest] = this.#unknown.keys()
    if (this.#unknown.size > UNKNOWN_MAX && oldest !== undefined) this.#unknown.delete(oldest)
  }
}

/** A stored source as its inbox needs it. @throws PosthornError `secret_unreadable` */
export function inboxSettings(source: Source, tenant: Tenant, secrets: SourceSecrets): InboxSettings {
  const { handshake } = source
  const provider = providerOf(source)
  return {
    id: source.id,
    name: source.slug,
    tenant,
    provider,
    settings: providerSettings(provider, source.settings),
    secrets: secrets.open(source.secrets),
    secretNames: source.secrets.map(({ sealed }) => secretName(sealed)),
    verifyToken: handshake.verifyToken === null ? null : secrets.openText(handshake.verifyToken),
    allowedOrigins: handshake.allowedOrigins,
    allowedRate: handshake.allowedRate,
    toleranceS: source.toleranceS,
    bodyLimitBytes: source.bodyLimitBytes,
    allowedIps: source.allowedIps,
    httpsOnly: source.httpsOnly,
    rateLimit: source.rateLimit,
    addressRateLimit: source.addressRateLimit,
    publicUrl: source.publicUrl,
    dedupeS: source.dedupeS,
    expectedTenant: source.expectedTenant,
    checkSchemas: source.checkSchemas,
    testEvents: source.testEvents,
    letThrough: source.letThrough,
  }
}
